import { z } from 'zod'
import { ScanError } from '../../errors.ts'
import { loadYaml } from '../../internal/load-libraries.ts'
import { compareApkVersions } from '../../version/compare-apk-versions.ts'
import { withExtension } from '../advisory-extension.ts'
import type { OsvAffected, OsvRecord } from '../osv.schema.ts'

/** Options of {@link parseAlpineSecdb}. */
export interface ParseAlpineSecdbOptions {
  /** Name of the file or address; part of every message. */
  readonly source: string
  /** Release that the text is about, e.g. `v3.20`; needed where it does not say so itself. */
  readonly release?: string | undefined
  /** Largest text in characters. Default 64 Mi. */
  readonly maxLength?: number | undefined
  /** ISO 8601 time of the data, written into each record. */
  readonly modified?: string | undefined
}

const text = z.string().max(4096)
// an empty value is an empty text in YAML's failsafe schema
const secfixes = z.preprocess(
  (value) => (value === '' ? null : value),
  z.record(z.string(), z.array(text).max(10_000).nullable()).nullish(),
)
const pkg = z.object({ name: text.min(1), secfixes })
const database = z.object({
  distroversion: text.optional(),
  reponame: text.optional(),
  packages: z.array(z.object({ pkg })).max(200_000),
})

interface Database {
  readonly release: string | undefined
  readonly repository: string | undefined
  readonly packages: readonly z.infer<typeof pkg>[]
}

/**
 * Reads Alpine's secdb: a repository as a whole in JSON (since 3.12) or YAML (before), or one package of
 * aquasecurity/vuln-list. Packages are origins. A fix at version `0` says that Alpine's package was never affected. Of
 * several ids in one string those of CVEs count. Vulnerabilities without a fix are not in the secdb at all.
 *
 * @throws {ScanError} `ADVISORIES_INVALID` naming source and field, or when no release is known; `LIMIT_EXCEEDED`.
 */
export function parseAlpineSecdb(
  input: string,
  { source, release, maxLength = 64 * 1024 * 1024, modified }: ParseAlpineSecdbOptions,
): readonly OsvRecord[] {
  if (input.length > maxLength)
    throw new ScanError('LIMIT_EXCEEDED', `${source}: more than ${maxLength} characters`)
  const data = readDatabase(readText(input, source), source)
  const version = /^v?(\d+\.\d+|edge)$/.exec(data.release ?? release ?? '')?.[1]
  if (version === undefined) {
    throw new ScanError(
      'ADVISORIES_INVALID',
      `${source}: names no release of Alpine; give one, such as v3.20`,
    )
  }
  const ecosystem = version === 'edge' ? 'Alpine:edge' : `Alpine:v${version}`
  const byId = new Map<string, OsvAffected[]>()
  for (const { name, secfixes: fixes } of data.packages) {
    for (const [id, fixed] of fixesOf(fixes ?? {})) {
      const list = byId.get(id) ?? []
      byId.set(id, list)
      list.push(toAffected(ecosystem, name, fixed, data.repository))
    }
  }
  return [...byId].map(([id, affected]) => ({
    id: id.startsWith('CVE-') ? `ALPINE-${id}` : id,
    ...(id.startsWith('CVE-') ? { upstream: [id] } : {}),
    ...(modified === undefined ? {} : { modified }),
    affected,
  }))
}

function readText(input: string, source: string): unknown {
  try {
    // "failsafe" leaves `1.10` a text and not the number 1.1
    return /^\s*\{/.test(input)
      ? JSON.parse(input)
      : loadYaml().parse(input, { schema: 'failsafe', maxAliasCount: 0 })
  } catch (cause) {
    const problem = (cause as Error).message.split('\n')[0]?.slice(0, 200)
    throw new ScanError('ADVISORIES_INVALID', `${source}: neither JSON nor YAML: ${problem}`, { cause })
  }
}

function readDatabase(value: unknown, source: string): Database {
  const isPackage = typeof value === 'object' && value !== null && 'secfixes' in value
  const result = isPackage ? pkg.safeParse(value) : database.safeParse(value)
  if (!result.success) {
    const problem = z.prettifyError(result.error).split('\n').slice(0, 3).join(' ').slice(0, 300)
    throw new ScanError('ADVISORIES_INVALID', `${source}: ${problem}`)
  }
  if ('secfixes' in result.data || 'name' in result.data)
    return { release: undefined, repository: undefined, packages: [result.data as z.infer<typeof pkg>] }
  const { distroversion, reponame, packages } = result.data as z.infer<typeof database>
  return { release: distroversion, repository: reponame, packages: packages.map((each) => each.pkg) }
}

/** The version that fixes each vulnerability; the highest where several are named for one. */
function fixesOf(fixes: Readonly<Record<string, readonly string[] | null>>): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [version, names] of Object.entries(fixes)) {
    for (const id of (names ?? []).flatMap(idsOf)) {
      const known = found.get(id)
      if (known === undefined || known === '0' || compareApkVersions(version, known) === 1)
        found.set(id, version)
    }
  }
  return found
}

/** `CVE-2019-1 XSA-2` names CVE-2019-1; where there is no CVE, the first word is the id. */
function idsOf(names: string): readonly string[] {
  const words = names.split(/[\s,]+/).map((word) => word.replace(/^CVE_/, 'CVE-'))
  const cves = words.flatMap((word) => /^CVE-\d{4}-\d{4,}/.exec(word)?.[0] ?? [])
  const first = words.find((word) => word !== '')
  return cves.length > 0 || first === undefined ? cves : [first.slice(0, 128)]
}

function toAffected(
  ecosystem: string,
  name: string,
  fixed: string,
  repository: string | undefined,
): OsvAffected {
  const never = fixed === '0'
  return {
    package: { ecosystem, name },
    ranges: never ? [] : [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
    ecosystem_specific: withExtension({ name: 'source', ...(never ? { status: 'not-affected' } : {}) }),
    ...(repository === undefined ? {} : { database_specific: { repository } }),
  }
}
