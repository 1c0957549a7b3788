import type { AuditRecord } from '../../audit-record.ts'
import { visibleText } from '@sallyport/policy/report'
import { rankOf } from '../class-order.ts'
import {
  describeDeployment,
  describeProblem,
  describeSigner,
  fullNameOf,
  kindOf,
  nameOf,
} from '../describe-record.ts'

/** Most of anything that the page holds of a record: tags, problems, pieces of evidence, places where it runs. */
const most = 200

/** Records in one block: what the details of one record are read with. */
export const blockSize = 200

/** What the table of the page knows of a record, by place: the script reads it so. */
export type Row = readonly [
  /** Place among `auditClasses`; -1 for what is not judged. */
  classIndex: number,
  repository: string,
  name: string,
  tags: readonly string[],
  digest: string,
  role: string,
  kind: string,
  /** How many places it runs in; -1 when that was not told. */
  running: number,
  pushedAt: string,
  problem: string,
  /** Where it runs, for the search. */
  places: string,
]

/** The row of a record. */
export function rowOf(record: AuditRecord): Row {
  const { class: auditClass, repository, tags, digest, role, deployments, pushedAt } = record
  return [
    auditClass === undefined ? -1 : rankOf(auditClass),
    visible(repository),
    visible(nameOf(record)),
    tags.slice(0, most).map((tag) => visible(tag)),
    digest ?? '',
    role,
    visible(kindOf(record)),
    deployments?.length ?? -1,
    visible(pushedAt ?? ''),
    visible(describeProblem(record)),
    visible((deployments ?? []).slice(0, 20).map(describeDeployment).join(' '), 1000),
  ]
}

/** A part of the details: pairs when it has no columns, else a table. `Problems` has class, message and code as rows. */
export type Section = readonly [
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
]

/** The details of a record, as the page shows them. */
export function detailsOf(record: AuditRecord): readonly Section[] {
  const { problems, evidence, decision, judgement, deployments } = record
  const sections: readonly Section[] = [
    [
      'Problems',
      ['Class', 'Message', 'Code'],
      limit(problems.map((each) => [each.class, each.message, each.code ?? ''])),
    ],
    [
      'Where it runs',
      ['Workload', 'Found by'],
      limit((deployments ?? []).map((each) => [describeDeployment(each), each.matchedBy])),
    ],
    [
      'Evidence',
      ['Kind', 'Counts', 'Signed by', 'Signed at', 'Stored as', 'Type', 'Manifest'],
      limit(
        evidence.map((each) => [
          each.kind,
          each.verified
            ? `yes${each.reason === undefined ? '' : `: ${each.reason}`}`
            : `no: ${each.reason ?? 'no reason was given'}`,
          describeSigner(each),
          each.signedAt ?? '',
          each.store,
          each.predicateType ?? '',
          each.manifest,
        ]),
      ),
    ],
    [
      'Decision',
      [],
      decision === undefined
        ? []
        : pairs({
            by: decision.verifier,
            for: decision.resourceUri,
            levels: decision.levels.join(', '),
            at: decision.at,
            policy: decision.policyDigest,
          }),
    ],
    [
      'Judged today',
      [],
      judgement === undefined
        ? []
        : [
            ...pairs({
              verdict: judgement.verdict,
              findings: Object.entries(judgement.findings)
                .map(([severity, number]) => `${number} ${severity}`)
                .join(', '),
            }),
            ...limit(judgement.reasons.map(({ code, message }) => [code, message])),
          ],
    ],
    ['Manifest', [], describeManifest(record)],
  ]
  return sections
    .filter(([, , rows]) => rows.length > 0)
    .map(
      ([title, columns, rows]) =>
        [title, columns, rows.map((cells) => cells.map((cell) => visible(cell, 1000)))] as const,
    )
}

function describeManifest(record: AuditRecord): readonly (readonly string[])[] {
  const { tags, deployments, parents = [], children = [], size } = record
  return pairs({
    image: fullNameOf(record),
    tags: some(tags),
    kind: kindOf(record),
    'media type': record.mediaType,
    'artifact type': record.artifactType,
    size: size === undefined ? undefined : `${size} bytes`,
    'pushed at': record.pushedAt,
    'pulled at': record.pulledAt,
    configuration: record.config,
    'listed by, or about': some(parents),
    lists: some(children),
    runs:
      deployments === undefined ? 'not told' : deployments.length === 0 ? 'nowhere that was told' : undefined,
    'audited at': record.auditedAt,
  })
}

const pairs = (values: Readonly<Record<string, string | undefined>>): readonly (readonly string[])[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value]],
  )

function limit(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const rest = rows.length - most
  return rest > 0 ? [...rows.slice(0, most), [`and ${rest} more`]] : rows
}

function some(values: readonly string[]): string {
  const rest = values.length - 20
  return `${values.slice(0, 20).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

const visible = (text: string, maxLength = 300) => visibleText(text, { maxLength })

/**
 * Data as an element that runs nothing: no character of it can end the element or begin another. `name` tells the script
 * which it is.
 */
export function dataElement(name: 'meta' | 'rows' | 'details', value: unknown): string {
  const json = JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `<script type="application/json" data-audit="${name}">${json}</script>\n`
}

/** Details of several records, in which each text stands once. */
export function packDetails(records: readonly (readonly Section[])[]): unknown {
  const places = new Map<string, number>()
  const place = (text: string) => {
    const known = places.get(text)
    if (known !== undefined) return known
    places.set(text, places.size)
    return places.size - 1
  }
  const packed = records.map((sections) =>
    sections.map(([title, columns, rows]) => [
      place(title),
      columns.map(place),
      rows.map((cells) => cells.map(place)),
    ]),
  )
  return { texts: [...places.keys()], records: packed }
}
