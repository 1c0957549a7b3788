import type { FileNode } from '@sallyport/image'
import { type CheckContext, type CheckFinding, describeUse, useOf } from '../check-context.ts'
import { findSecretAssignments, findSecrets, type FoundSecret, isSecretVariable } from '../find-secrets.ts'

const advice = 'it was published with the image: replace it where it is valid'

/** Secrets among the variables of the configuration. */
export function checkEnvironment({ config }: CheckContext): readonly CheckFinding[] {
  return (config.config?.Env ?? []).flatMap((entry): readonly CheckFinding[] => {
    const equals = entry.indexOf('=')
    const name = equals < 0 ? entry : entry.slice(0, equals)
    const value = equals < 0 ? '' : entry.slice(equals + 1)
    const kind = isSecretVariable(name, value) ? 'secret by its name' : findSecrets(value)[0]?.kind
    if (kind === undefined) return []
    return [
      {
        subject: name.slice(0, 100),
        detail: `${kind}; ${advice}`,
        changes: [
          {
            change: 'config',
            edit: (edited) => ({
              ...edited,
              config: {
                ...edited.config,
                Env: (edited.config?.Env ?? []).filter((other) => other !== entry),
              },
            }),
          },
        ],
      },
    ]
  })
}

/** Secrets in the lines of the history: arguments of the build, and variables. */
export function checkHistorySecrets({ config }: CheckContext): readonly CheckFinding[] {
  return (config.history ?? []).flatMap((line, position): readonly CheckFinding[] => {
    const fields = (['created_by', 'comment'] as const).filter((field) => secretsOf(line[field]).length > 0)
    if (fields.length === 0) return []
    const kinds = new Set(fields.flatMap((field) => secretsOf(line[field]).map(({ kind }) => kind)))
    return [
      {
        subject: `history line ${position + 1}`,
        detail: `${[...kinds].sort().join(', ')}; ${advice}`,
        changes: [
          {
            change: 'config',
            edit: (edited) => ({
              ...edited,
              history: (edited.history ?? []).map((other, index) =>
                index !== position
                  ? other
                  : {
                      ...other,
                      ...Object.fromEntries(fields.map((field) => [field, redact(other[field] ?? '')])),
                    },
              ),
            }),
          },
        ],
      },
    ]
  })
}

function secretsOf(text: string | null | undefined): readonly FoundSecret[] {
  return text ? [...findSecrets(text), ...findSecretAssignments(text)] : []
}

/** The text without its secrets; those that overlap go together. */
function redact(text: string): string {
  const found = secretsOf(text).toSorted((a, b) => a.start - b.start)
  let result = ''
  let position = 0
  for (const { start, end } of found) {
    if (start >= position) result += `${text.slice(position, start)}***`
    position = Math.max(position, end)
  }
  return result + text.slice(position)
}

const maxFileBytes = 256 * 1024
const maxAllBytes = 512 * 1024 * 1024

/** Secrets in files that no package brought. */
export async function checkFiles(context: CheckContext): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = []
  let read = 0
  for (const node of context.nodes) {
    const { path, type, size } = node
    if (type !== 'file' || size < 16 || size > maxFileBytes || context.ownerOf.has(path)) continue
    if (read + size > maxAllBytes) {
      findings.push({
        subject: path,
        detail: 'this file and those after it were not looked through: too much to read',
      })
      break
    }
    read += size
    const kind = await findKind(context, node)
    if (kind === undefined) continue
    const edge = useOf(context, path)
    findings.push({
      subject: path,
      detail: `${kind}; ${advice}`,
      blocked: edge && describeUse(edge),
      changes: [{ change: 'remove', path }],
    })
  }
  return findings
}

/** Files whose purpose is to hold passwords and tokens, and what is one there. */
const secretFiles: readonly { readonly file: RegExp; readonly secret: RegExp; readonly kind: string }[] = [
  {
    file: /\/\.npmrc$/,
    secret: /_(?:authToken|password|auth)[ \t]{0,8}=[ \t]{0,8}[^\s$]{8}/,
    kind: 'npm credentials',
  },
  { file: /\/\.netrc$/, secret: /\bpassword[ \t]{1,8}\S/, kind: 'credentials of .netrc' },
  {
    file: /\/\.docker\/config\.json$/,
    secret: /"(?:auth|identitytoken)"[ \t]{0,8}:[ \t]{0,8}"[^"]{4}/,
    kind: 'registry credentials',
  },
  { file: /\/\.aws\/credentials$/, secret: /\baws_secret_access_key\b/i, kind: 'AWS credentials' },
  { file: /\/\.pypirc$/, secret: /^password[ \t]{0,8}[=:]/m, kind: 'PyPI credentials' },
]
const addresses = /\/(?:\.git-credentials|\.env|[^/]+\.env|pip\.conf|\.npmrc|\.pypirc|\.netrc)$/

async function findKind({ image, signal }: CheckContext, node: FileNode): Promise<string | undefined> {
  const bytes = Buffer.from(await image.readFile(node, { maxBytes: maxFileBytes, signal }))
  if (bytes.subarray(0, 4096).includes(0)) return undefined
  const text = bytes.toString('latin1')
  const named = secretFiles.find(({ file, secret }) => file.test(node.path) && secret.test(text))
  if (named !== undefined) return named.kind
  const found = findSecrets(text).find(
    ({ kind }) => kind !== 'password in an address' || addresses.test(node.path),
  )
  return found?.kind
}
