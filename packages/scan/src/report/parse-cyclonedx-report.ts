import * as z from 'zod'
import type { FixState } from '../finding.ts'
import type { ScanGap, ScanReport } from '../scan-report.ts'
import { parsePurl } from '../vex/match-purl.ts'
import { buildReport, parseReportJson } from './build-report.ts'
import type { ParseReportOptions } from './report-options.ts'
import type { ReportedFinding, ReportedPackage } from './reported-finding.ts'

const text = z.string().max(65_536)
const component = z.looseObject({
  'bom-ref': text.optional(),
  type: text.optional(),
  name: text.optional(),
  group: text.optional(),
  version: text.optional(),
  purl: text.optional(),
  hashes: z.array(z.looseObject({ alg: text, content: text })).optional(),
  get components(): z.ZodOptional<z.ZodArray<typeof component>> {
    return z.array(component).optional()
  },
})
const vulnerability = z.looseObject({
  id: text,
  source: z.looseObject({ name: text.optional(), url: text.optional() }).optional(),
  ratings: z
    .array(
      z.looseObject({
        source: z.looseObject({ name: text.optional() }).optional(),
        score: z.number().optional(),
        severity: text.optional(),
        method: text.optional(),
        vector: text.optional(),
      }),
    )
    .optional(),
  description: text.optional(),
  recommendation: text.optional(),
  published: text.optional(),
  references: z.array(z.looseObject({ id: text.optional() })).optional(),
  analysis: z.looseObject({ state: text.optional(), detail: text.optional() }).optional(),
  affects: z
    .array(
      z.looseObject({
        ref: text,
        versions: z.array(z.looseObject({ version: text.optional(), status: text.optional() })).optional(),
      }),
    )
    .optional(),
})
const schema = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.enum(['1.4', '1.5', '1.6', '1.7']),
  metadata: z.looseObject({
    timestamp: text.optional(),
    tools: z
      .union([
        z.array(z.looseObject({ name: text.optional(), version: text.optional() })),
        z.looseObject({ components: z.array(component).optional() }),
      ])
      .optional(),
    component: component.optional(),
  }),
  components: z.array(component).optional(),
  vulnerabilities: z.array(vulnerability).optional(),
})
type Component = z.infer<typeof component>

/**
 * Reads a CycloneDX 1.4 to 1.7 document with `vulnerabilities`, as Trivy, Grype and others write it. The image is the
 * digest in the purl or in the hashes of the described component. A document without the list of vulnerabilities is no
 * scan, and refused; one whose list is empty may be none, and is never `complete`.
 *
 * @throws {ScanError} `REPORT_INVALID`, `SUBJECT_MISMATCH`, `LIMIT_EXCEEDED`.
 */
export function parseCycloneDxReport(
  input: string | Uint8Array | object,
  options: ParseReportOptions,
): ScanReport {
  const report = parseReportJson(
    input,
    schema.extend({ vulnerabilities: z.array(vulnerability) }),
    'a CycloneDX document with vulnerabilities',
    options,
  )
  const components = new Map<string, Component>()
  const all: Component[] = []
  const waiting = [...(report.components ?? [])]
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    all.push(one)
    for (const ref of [one['bom-ref'], one.purl])
      if (ref !== undefined && !components.has(ref)) components.set(ref, one)
    for (const child of one.components ?? []) waiting.push(child)
  }
  const system = all.find(({ type }) => type === 'operating-system')
  const findings = report.vulnerabilities.flatMap((found) =>
    (found.affects ?? []).flatMap(({ ref }) => {
      const affected = components.get(ref)
      return toFinding(found, affected === undefined ? packageOfRef(ref) : toPackage(affected))
    }),
  )
  const homeless = report.vulnerabilities.filter(({ affects = [] }) => affects.length === 0)
  const gaps: ScanGap[] = []
  if (report.vulnerabilities.length === 0) {
    // Trivy writes one into an SBOM as well, where it looked for nothing
    gaps.push({
      code: 'LOSSY_INPUT',
      message: 'an empty list of vulnerabilities: nothing found, or not looked for',
    })
  }
  if (homeless.length > 0) {
    const ids = homeless.slice(0, 5).map(({ id }) => id)
    gaps.push({ code: 'LOSSY_INPUT', message: `of no package: ${ids.join(', ')}` })
  }
  return buildReport(
    {
      scanner: toolOf(report.metadata.tools),
      subjects: digestsOf(report.metadata.component),
      finishedAt: report.metadata.timestamp,
      data: [],
      packages: all.filter(({ purl }) => purl !== undefined).map(toPackage),
      distro:
        system?.name === undefined ? undefined : { id: system.name.toLowerCase(), versionId: system.version },
      gaps,
      findings: [...findings, ...homeless.map((found) => toFinding(found, { name: 'unknown' }))],
    },
    options,
  )
}

function toolOf(tools: z.infer<typeof schema>['metadata']['tools']): {
  readonly name: string
  readonly version: string
} {
  const [tool] = Array.isArray(tools) ? tools : (tools?.components ?? [])
  return { name: tool?.name ?? 'cyclonedx', version: tool?.version ?? 'unknown' }
}

function digestsOf(described: Component | undefined): readonly string[] {
  if (described === undefined) return []
  const version = described.purl === undefined ? undefined : parsePurl(described.purl)?.version
  const digests = [version, described.version].filter((one) => /^sha(?:256|512):/.test(one ?? '')) as string[]
  for (const { alg, content } of described.hashes ?? []) {
    if (alg === 'SHA-256') digests.push(`sha256:${content.toLowerCase()}`)
    if (alg === 'SHA-512') digests.push(`sha512:${content.toLowerCase()}`)
  }
  return [...new Set(digests)]
}

function toPackage({ purl, name = '', group, version }: Component): ReportedPackage {
  const parsed = purl === undefined ? undefined : parsePurl(purl)
  return {
    name: group ? `${group}/${name}` : name,
    version,
    purl,
    type: parsed?.type ?? undefined,
    arch: parsed?.qualifiers?.['arch'],
  }
}

/** A reference may be the purl itself, or a BOM-Link, `urn:cdx:serial/version#bom-ref`, that ends in it, encoded. */
function packageOfRef(ref: string): ReportedPackage {
  const purl = ref.startsWith('urn:cdx:') ? decode(ref.slice(ref.indexOf('#') + 1)) : ref
  const parsed = parsePurl(purl)
  if (parsed === undefined) return { name: ref.slice(0, 200) }
  return {
    name: parsed.name ?? ref,
    version: parsed.version ?? undefined,
    purl,
    type: parsed.type ?? undefined,
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const states: ReadonlyMap<string, FixState> = new Map([
  ['resolved', 'fixed'],
  ['resolved_with_pedigree', 'fixed'],
])

function toFinding(found: z.infer<typeof vulnerability>, reported: ReportedPackage): ReportedFinding {
  const {
    id,
    source,
    ratings = [],
    description,
    recommendation = '',
    published,
    references = [],
    analysis,
  } = found
  const state = analysis?.state ?? ''
  // Trivy writes: Upgrade libssl3 to version 3.0.15-1~deb12u1; several are separated by commas.
  const fixed = [...recommendation.matchAll(/\bto version ([^\s;,]+(?:, [^\s;,]+)*)/g)].flatMap(
    ([, versions = '']) => versions.split(', '),
  )
  const excluded = state === 'not_affected' || state === 'false_positive' || states.has(state)
  return {
    id,
    aliases: references.flatMap(({ id: other }) => (other && /^(?:CVE|GHSA)-/.test(other) ? [other] : [])),
    package: reported,
    words: ratings.flatMap(({ source: by, severity, score }) =>
      severity && score === undefined
        ? [{ source: by?.name?.toLowerCase() ?? 'cyclonedx', word: severity }]
        : [],
    ),
    scores: ratings.flatMap(({ source: by, score, vector }) =>
      score !== undefined || vector
        ? [{ source: by?.name?.toLowerCase() ?? 'cyclonedx', score, vector }]
        : [],
    ),
    fix: { state: fixed.length > 0 ? 'fixed' : 'unknown', versions: fixed },
    title: description,
    url: source?.url,
    published,
    ...(excluded && {
      suppressed: {
        kind: 'scanner' as const,
        status: states.has(state) ? ('fixed' as const) : ('not_affected' as const),
        statement: analysis?.detail,
        source: `analysis in the document: ${state}`,
      },
    }),
  }
}
