import { isSallyportError } from '@sallyport/core'
import { CliError } from '../errors.ts'
import { targetForms } from '../parts/place-forms.ts'
import { printable } from './progress.ts'

/** An error for programs. */
export interface ErrorDocument {
  readonly code: string
  readonly message: string
  readonly advice: string
  readonly retryable: boolean
}

/** What to do about errors of the packages whose messages do not say it, by code, or by class and code. */
const advice: Readonly<Record<string, string>> = {
  USAGE_INVALID: '`--help` after the command shows what it takes.',
  OPTION_INVALID: '`--help` after the command shows what it takes.',
  OPTIONS_INVALID: '`--help` after the command shows what it takes.',
  'GateError.OPTIONS_INVALID':
    'Correct what it names; `--platform` chooses images of an index, and `--help` after the command shows the rest.',
  'AdmissionError.OPTIONS_INVALID':
    '`--help` after the command shows what it takes, docs/guides/admission.md what its files hold.',
  OPTION_MISSING: '`--help` after the command shows what it takes.',
  FILE_INVALID: 'Correct the file; docs/guides/cli.md shows what such files hold.',
  UNJUDGED: 'No answer is not a good answer: find out why there is none.',
  UNAUTHORIZED: 'Sign in with `docker login`, or give --login and --password.',
  DENIED: 'Use an account that may do this; some registries also answer so for what does not exist.',
  CREDENTIALS_UNREADABLE:
    "Repair Docker's configuration or its credential helper; `sallyport doctor` looks at them.",
  MANIFEST_NOT_FOUND: 'Check the name, tag and digest.',
  BLOB_NOT_FOUND: 'The image is incomplete where it is: push it anew.',
  TAG_CONFLICT: 'Look where the tag is now, and decide again.',
  DIGEST_MISMATCH: 'Do not use the content; somebody between here and there changed it.',
  SIZE_MISMATCH: 'Do not use the content; somebody between here and there changed it.',
  MANIFEST_INVALID: 'Rebuild the image.',
  MANIFEST_UNSUPPORTED: 'Rebuild the image with a builder that writes OCI or Docker schema 2.',
  LIMIT_EXCEEDED: 'Treat it as hostile, unless you know better.',
  RATE_LIMITED: 'Try again later, or with --requests-per-second.',
  REGISTRY_UNREACHABLE: 'Check its name, the network, proxy and TLS; `sallyport doctor` tries to reach it.',
  REGISTRY_ERROR: "Try again later, or ask the registry's operator.",
  REFERENCE_INVALID: `Write ${targetForms}; to read one, docker-archive:file will do.`,
  'GateError.REFERENCE_INVALID': '`sallyport promote --help` shows where from and where to it goes.',
  READ_ONLY: 'Take the image to a registry or an oci: folder first, with `sallyport copy`.',
  LAYOUT_INVALID: 'Check the name of the folder, or make the layout anew.',
  LAYOUT_UNREADABLE: 'Check that it is there, and its rights.',
  LAYOUT_UNWRITABLE: 'Check its rights and the space on the disk.',
  ARCHIVE_INVALID: 'Check the name of the file, or make the archive anew.',
  POLICY_INVALID: 'Correct the document at the places named; `sallyport policy check` looks at it alone.',
  'AdmissionError.POLICY_INVALID':
    'Correct the document at the places named; docs/guides/admission.md shows what it holds.',
  TIER_UNKNOWN: 'Name a tier that the policy has.',
  DECISION_INVALID: 'Give the JSON of a decision, as --report decision.json writes it.',
  FACTS_INVALID: 'Give facts as the gate keeps them.',
  ADVISORIES_INVALID: 'Fetch the advisories anew.',
  ADVISORIES_EMPTY: 'Give advisories: without one, every image would look clean.',
  DATA_UNAVAILABLE: 'Renew the data: `sallyport advisories pull`, or the update of the scanner.',
  DATABASE_INVALID: 'Build or pull the database anew.',
  DATABASE_UNVERIFIED: 'Check --public-key; without a good signature the database is not used.',
  SCANNER_FAILED: 'Run the scanner by itself to see why; `sallyport doctor` shows its version.',
  SCANNER_TIMEOUT: 'Give it more time with --scanner-timeout.',
  BASELINE_INVALID:
    'Promote it with --file-manifest, and check --file-list-key and what the image must come with.',
  CONTAINER_UNAVAILABLE: 'Check that it still runs, and look at it as root.',
  REVOCATIONS_INVALID: 'Correct the list; while it can not be read, nothing is let in.',
  CERTIFICATE_INVALID:
    'Give certificate and key of the webhook in PEM, as tls in its configuration names them.',
  KEY_INVALID: 'Give a key in PEM, as `cosign generate-key-pair` writes it.',
  KEY_ENCRYPTED: 'Say where the passphrase is with the option of that name that ends in -passphrase.',
  PASSPHRASE_WRONG: 'Check the passphrase.',
  ALREADY_RUNNING: 'Wait until the other promotion to this tag has ended.',
  FROZEN: 'Run it again after the window.',
  DECISION_EXPIRED: 'Run it again: the image is judged anew.',
  JOURNAL_LOCKED: 'Another process holds it; try again.',
  QUARANTINE_UNKNOWN: '`sallyport quarantine list --status any` shows what there is.',
  QUARANTINE_CONFLICT: '`sallyport quarantine show` tells what became of it.',
  NOT_WAIVABLE: 'No waiver can let it through: change the image or the policy.',
  BUDGET_EXCEEDED: 'Run the same again: it goes on where it was.',
  LISTING_FAILED: 'Check the account; registries without a catalog need --repository with full names.',
}

/** What to do about an error of which only the code is known; `undefined` when nothing is known of that. */
export const adviceOn = (code: string | undefined): string | undefined =>
  code !== undefined && Object.hasOwn(advice, code) ? advice[code] : undefined

/** An error in the form that programs get, and that the paragraph for people is made of. */
export function describeError(error: unknown): ErrorDocument {
  if (!isSallyportError(error)) {
    const message = error instanceof Error ? error.message : String(error)
    return {
      code: 'UNEXPECTED',
      message: clean(message),
      advice: 'This is a fault of the program: run it with --debug and report what it prints.',
      retryable: false,
    }
  }
  const own = error instanceof CliError ? error.advice : undefined
  const general = error.retryable
    ? 'The same again may succeed later.'
    : 'The guide of the package that says so lists the code with what to do.'
  return {
    code: error.code,
    message: clean(error.message),
    advice: own ?? adviceOf(error) ?? general,
    retryable: error.retryable,
  }
}

/** That of its code, or of the code that led to it: a step that failed says little by itself. */
function adviceOf(error: unknown): string | undefined {
  let each = error
  let vague: string | undefined
  for (let depth = 0; depth < 8 && isSallyportError(each); depth++) {
    const known = advice[`${each.name}.${each.code}`] ?? advice[each.code]
    // What it was fetched by may be what failed: then that knows better.
    if (known !== undefined && each.code !== 'DATA_UNAVAILABLE') return known
    vague ??= known
    each = each.cause
  }
  return vague
}

/** One plain paragraph. */
export function formatError(command: string, { message, advice: help, code }: ErrorDocument): string {
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`
  return `${command}: ${sentence}${help ? ` ${help}` : ''} (${code})`
}

/** Secrets never get into messages of the packages; addresses with a password that somebody typed are cut here. */
const clean = (message: string): string =>
  printable(message.replaceAll(/\s+/g, ' ').trim())
    .replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi, '$1…@')
    .slice(0, 4000)
