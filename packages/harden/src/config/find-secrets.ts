/** A secret that a text seems to hold; never the secret itself. */
export interface FoundSecret {
  /** What it is, e.g. `AWS access key`. */
  readonly kind: string
  /** Where it begins and ends in the text, as positions of characters. */
  readonly start: number
  readonly end: number
}

/** Every repetition is bounded, so that a hostile text costs no more than its length times a constant. */
const patterns: readonly { readonly kind: string; readonly pattern: RegExp }[] = [
  { kind: 'AWS access key', pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/g },
  { kind: 'GitHub token', pattern: /\bgh[pousr]_[A-Za-z0-9]{36,255}/g },
  { kind: 'GitHub token', pattern: /\bgithub_pat_[A-Za-z0-9_]{82}/g },
  { kind: 'GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{20,255}/g },
  { kind: 'Slack token', pattern: /\bxox[abposr]-\d{8,16}-[A-Za-z0-9-]{10,255}/g },
  { kind: 'Google API key', pattern: /\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/g },
  { kind: 'Stripe key', pattern: /\b[sr]k_live_[A-Za-z0-9]{20,255}/g },
  { kind: 'npm token', pattern: /\bnpm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/g },
  { kind: 'PyPI token', pattern: /\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,255}/g },
  // A line of data must follow: programs and manuals name the header alone.
  {
    kind: 'private key',
    pattern:
      /-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY(?: BLOCK)?-----(?:\r?\n|\\n)(?:[A-Za-z-]{1,40}: [^\n]{1,200}\r?\n){0,4}(?:\r?\n)?[A-Za-z0-9+/=]{40,80}/g,
  },
  {
    kind: 'password in an address',
    pattern: /\b[a-z][a-z0-9+]{1,20}:\/\/[^\s/:@"'$]{1,100}:[^\s/:@"'${}<>*]{3,100}@/g,
  },
]

/** Secrets by their own form: keys of clouds, tokens with a known beginning, private keys, passwords in addresses. */
export function findSecrets(text: string): readonly FoundSecret[] {
  return patterns.flatMap(({ kind, pattern }) =>
    [...text.matchAll(pattern)]
      .filter(([found]) => !placeholder.test(found))
      .map((match) => ({ kind, start: match.index, end: match.index + match[0].length })),
  )
}

/** What documentation writes in the place of a secret. */
const placeholder = /EXAMPLE|:(?:pass|passwd|password|secret|x+)@/i

const secretName =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|SECRET_?KEY|PRIVATE_?KEY|CREDENTIALS?)$/i

/** Whether a variable of this name and value seems to hold a secret. */
export function isSecretVariable(name: string, value: string): boolean {
  return secretName.test(name.slice(-100)) && isSecretValue(value)
}

/** No reference to another variable, no path, no switch, no placeholder. */
function isSecretValue(value: string): boolean {
  const plain = value.replace(/^["']|["']$/g, '')
  return (
    plain.length >= 3 &&
    !/^[$/<]/.test(plain) &&
    !/^(?:true|false|yes|no|none|null|undefined|\*+|x+|\d{1,3})$/i.test(plain)
  )
}

/** `NAME=value` in the text of a command, where the name says that the value is a secret. */
export function findSecretAssignments(text: string): readonly (FoundSecret & { readonly name: string })[] {
  return [
    ...text.matchAll(assignment),
    // The old form of an instruction has no equals sign.
    ...[oldInstruction.exec(text)].filter((match) => match !== null),
  ].flatMap((match) => {
    const [whole, name = '', value = ''] = match
    if (!isSecretVariable(name, value)) return []
    const end = match.index + whole.length
    return [{ kind: 'secret by its name', name, start: end - value.length, end }]
  })
}

/** A name begins at a word's boundary, so that each is read once. */
const assignment = /\b([A-Za-z_]\w*)=("[^"]*"|'[^']*'|[^\s;&|"']+)/g
const oldInstruction = /^(?:\/bin\/sh -c #\(nop\) {1,4})?ENV ([A-Za-z_]\w*) (\S.*)$/
