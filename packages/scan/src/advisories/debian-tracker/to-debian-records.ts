import { compareDebianVersions } from '../../version/compare-debian-versions.ts'
import { type AdvisoryExtension, withExtension } from '../advisory-extension.ts'
import type { OsvAffected, OsvRecord } from '../osv.schema.ts'
import { debianEcosystem, defaultDebianReleases } from './debian-releases.ts'
import type { TrackerNote } from './tracker-note.ts'

/** Options of {@link toDebianRecords}. */
export interface DebianRecordOptions {
  /** Code names of the releases to make records for. Default: `buster`, `bullseye`, `bookworm` and `trixie`. */
  readonly releases?: readonly string[] | undefined
  /**
   * The newest version of a source package in a release, from its `Sources` index. With it, a fix of unstable counts as
   * one of the release exactly when the release has it; without it the fix state is then `unknown`.
   */
  readonly releaseVersion?: ((release: string, source: string) => string | undefined) | undefined
  /** ISO 8601 time of the data, written into each record. */
  readonly modified?: string | undefined
}

/**
 * Makes one record a vulnerability of the tracker's notes. A release's own line counts for it; the line of unstable for
 * all that have none. A version that fixes it in a release outweighs any state (`no-dsa` with a later point release);
 * of several such versions the highest counts.
 */
export function toDebianRecords(
  notes: Iterable<TrackerNote>,
  { releases = defaultDebianReleases, releaseVersion, modified }: DebianRecordOptions = {},
): readonly OsvRecord[] {
  const byId = new Map<string, Map<string, TrackerNote[]>>()
  for (const note of notes) {
    const packages = byId.get(note.id) ?? new Map<string, TrackerNote[]>()
    byId.set(note.id, packages)
    const list = packages.get(note.package)
    if (list === undefined) packages.set(note.package, [note])
    else list.push(note)
  }
  const records = [...byId].map(([id, packages]) => ({
    id: id.startsWith('CVE-') ? `DEBIAN-${id}` : id,
    ...(id.startsWith('CVE-') ? { upstream: [id] } : {}),
    ...(modified === undefined ? {} : { modified }),
    affected: [...packages].flatMap(([name, list]) =>
      releases.flatMap((release) => affectedIn(release, name, list, releaseVersion)),
    ),
  }))
  return records.filter(({ affected }) => affected.length > 0)
}

function affectedIn(
  release: string,
  name: string,
  notes: readonly TrackerNote[],
  releaseVersion: DebianRecordOptions['releaseVersion'],
): readonly OsvAffected[] {
  const ecosystem = debianEcosystem(release)
  if (ecosystem === undefined) return []
  const own = notes.filter((note) => note.release === release)
  const unstable = notes.find((note) => note.release === undefined)
  const urgency = notes.find((note) => note.urgency !== undefined)?.urgency
  const statement = ownFix(own) ?? own[0]
  const verdict =
    statement === undefined
      ? ofUnstable(unstable, () => releaseVersion?.(release, name))
      : verdictOf(statement)
  if (verdict === undefined) return []
  const { fixed, ...extension } = verdict
  const events = fixed === undefined ? [{ introduced: '0' }] : [{ introduced: '0' }, { fixed }]
  return [
    {
      package: { ecosystem, name },
      ranges: extension.status === 'not-affected' ? [] : [{ type: 'ECOSYSTEM', events }],
      ecosystem_specific: {
        ...(urgency === undefined ? {} : { urgency }),
        ...withExtension({ ...extension, name: 'source' }),
      },
    },
  ]
}

type Verdict = AdvisoryExtension & { readonly fixed?: string | undefined }

/** The highest version that a release's own lines name. */
function ownFix(own: readonly TrackerNote[]): TrackerNote | undefined {
  return own
    .filter(({ kind, version }) => kind === 'fixed' && version !== undefined)
    .sort((a, b) => (compareDebianVersions(a.version ?? '', b.version ?? '') === 1 ? -1 : 1))[0]
}

function verdictOf({ kind, version }: TrackerNote): Verdict {
  switch (kind) {
    case 'fixed':
      return version === '0' ? { status: 'not-affected' } : { fixed: version }
    case 'not-affected':
      return { status: 'not-affected' }
    case 'undetermined':
      return { status: 'undetermined', fixState: 'unknown', reason: kind }
    case 'ignored':
      return { fixState: 'wont-fix', reason: kind }
    case 'postponed':
      return { fixState: 'deferred', reason: kind }
    case 'end-of-life':
      return { fixState: 'end-of-life', reason: kind }
    // no advisory of its own: it may come with a point release or never, so nothing is promised
    case 'no-dsa':
    case 'unfixed':
    case 'removed':
      return { fixState: 'not-fixed', reason: kind }
  }
}

/** The line of unstable for a release without its own: its fix is one for the release only if the release has it. */
function ofUnstable(note: TrackerNote | undefined, current: () => string | undefined): Verdict | undefined {
  if (note === undefined) return undefined
  const verdict = verdictOf(note)
  if (verdict.fixed === undefined) return verdict
  const version = current()
  if (version === undefined) return { ...verdict, fixState: 'unknown', reason: 'fixed in unstable' }
  const order = compareDebianVersions(version, verdict.fixed)
  return order === 0 || order === 1
    ? verdict
    : { ...verdict, fixState: 'not-fixed', reason: 'fixed in unstable' }
}
