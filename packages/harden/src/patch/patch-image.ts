import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Image, rewriteImage } from '@sallyport/image'
import { createInventory, type Inventory } from '@sallyport/inventory'
import type { Finding } from '@sallyport/scan'
import { brokenLaws, type CheckedInvariant, toResult } from '../invariants/invariant.ts'
import { prepareApkPatches } from './apk/prepare-apk-patches.ts'
import { checkPatch } from './check-patch.ts'
import { prepareDebPatches } from './deb/prepare-deb-patches.ts'
import { liftDatabases } from './lift-databases.ts'
import { emptyEdit, mergeEdit } from './package-edit.ts'
import type { PatchProgress, PatchReport, PatchResult } from './patch-report.ts'
import { createPatchRequest } from './patch-request.ts'
import type { LastSeen, PatchSource } from './patch-source.ts'
import type { PreparedPatches } from './prepared-patches.ts'
import { toPatchReport } from './to-patch-report.ts'

/** Options of {@link patchImage}. */
export interface PatchImageOptions {
  /** Where newer versions come from. What the image itself names as its sources is never used. */
  readonly sources: readonly PatchSource[]
  /** Only packages for which the sources have what repairs one of these, as of a scan. Default: all that have a newer version. */
  readonly findings?: readonly Finding[] | undefined
  /** With `findings`: whether everything else that has a newer version is taken too. Default `false`. */
  readonly all?: boolean | undefined
  /** Names of the only packages to patch; others follow where they have to. Default: no limit. */
  readonly only?: readonly string[] | undefined
  /** The time that signatures and indexes are judged at. Default: now. */
  readonly now?: Date | undefined
  /** `lastSeen` of the last report: an index that is older is refused. Default: none. */
  readonly lastSeen?: LastSeen | undefined
  /** Folder for downloads, which are deleted, and for the result's files. Default: the system's folder for temporary files. */
  readonly directory?: string | undefined
  /** Ends the work; it rejects with `signal.reason`, and nothing is left behind. */
  readonly signal?: AbortSignal | undefined
  /** Is told of each step as it happens. Must not throw. */
  readonly onProgress?: ((event: PatchProgress) => void) | undefined
}

/**
 * Takes newer versions of an image's packages from mirrors, without running anything: their files, their entries in the
 * package database, nothing else. A package whose scripts would have to run, that needs a package which is not there, or
 * that would overwrite what is not its own, is refused with the reason, and stays as it is. Files that the image
 * changed stay changed. The result is checked by the laws of hardening before it is given out.
 *
 * With nothing to do there is no `image`, which is no failure. Same image, mirrors and options: same digest.
 *
 * @throws {HardenError} `SIGNATURE_INVALID`, `INDEX_INVALID`, `INDEX_MISMATCH`, `INDEX_EXPIRED`, `INDEX_ROLLED_BACK`,
 * `CHECKSUM_MISMATCH`, `ARCHIVE_INVALID` when a mirror gives what can't be trusted.
 * @throws {HardenError} `MIRROR_FILE_MISSING`, `MIRROR_UNAVAILABLE`, `LIMIT_EXCEEDED` when it can't be read.
 * @throws {HardenError} `INVARIANT_BROKEN` when a law does not hold in the written image.
 */
export async function patchImage(
  image: Image,
  inventory: Inventory,
  {
    sources,
    findings,
    all = findings === undefined,
    only,
    now = new Date(),
    lastSeen = {},
    directory = tmpdir(),
    signal,
    onProgress = () => {},
  }: PatchImageOptions,
): Promise<PatchResult> {
  signal?.throwIfAborted()
  const request = createPatchRequest(inventory, { findings, all, only })
  await mkdir(directory, { recursive: true })
  const folder = await mkdtemp(join(directory, 'sallyport-patch-'))
  try {
    const options = { image, inventory, request, now, lastSeen, folder, signal, onProgress }
    const prepared: readonly PreparedPatches[] = [
      await prepareDebPatches(
        sources.filter((source) => source.type === 'deb'),
        options,
      ),
      await prepareApkPatches(
        sources.filter((source) => source.type === 'apk'),
        options,
      ),
    ]
    const report = (invariants: readonly CheckedInvariant[], unchangedBecause?: string): PatchReport =>
      toPatchReport({
        inventory,
        request,
        prepared,
        lastSeen,
        invariants: invariants.map(toResult),
        unchangedBecause,
      })
    const versions = new Map(
      prepared.flatMap(({ outcomes }) =>
        [...outcomes].flatMap(([found, outcome]) =>
          outcome.state === 'patched' ? [[found, outcome.version] as const] : [],
        ),
      ),
    )
    if (versions.size === 0) return { report: report([], 'there is nothing that can be upgraded') }

    const edit = emptyEdit()
    for (const one of prepared) mergeEdit(edit, one.edit)
    await using resources = new AsyncDisposableStack()
    const rewritten = await rewriteImage(
      image,
      {
        ...liftDatabases(edit, { tree: image.tree, packages: inventory.packages }),
        createdBy: `sallyport: patched ${versions.size} packages`,
        annotations: { 'org.opencontainers.image.base.digest': image.raw.descriptor.digest },
      },
      { directory, signal },
    )
    const { image: result } = resources.use(rewritten)
    const after = { image: result, inventory: await createInventory(result, { signal }) }
    const leftOut = new Set(
      prepared.flatMap(({ outcomes }) =>
        [...outcomes.values()].flatMap((outcome) => (outcome.state === 'patched' ? outcome.leftOut : [])),
      ),
    )
    const laws = await checkPatch({ image, inventory }, after, { versions, edit, leftOut, signal })
    if (laws.some(({ violations }) => violations.length > 0)) throw brokenLaws(laws)
    resources.move()
    onProgress({ type: 'image-written', packages: versions.size })
    return { ...after, report: report(laws) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
