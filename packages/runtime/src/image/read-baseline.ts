import {
  type AcceptedSigners,
  type FileManifestPredicate,
  type ImageVerdict,
  predicateKinds,
  predicateTypes,
  readFileManifest,
  type Requirement,
  verifyImage,
  type VerifyImageOptions,
} from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import { z } from 'zod'
import { FileBaseline } from '../drift/file-baseline.ts'
import { RuntimeError } from '../errors.ts'

/** The files of an image, as those say who are trusted. */
export interface ImageBaseline {
  /** The files, to compare with. */
  readonly baseline: FileBaseline
  /** The manifest that the list is about. */
  readonly image: Digest
  /** Digest of its config. */
  readonly config: Digest
  /** `os/architecture[/variant]` */
  readonly platform: string
  /** What was verified. */
  readonly verdict: ImageVerdict
}

/** Options of {@link readBaseline}. */
export interface ReadBaselineOptions extends Omit<VerifyImageOptions, 'requirements' | 'subject'> {
  /** Whose file manifests count. */
  readonly fileManifest: AcceptedSigners
  /**
   * What the image must come with besides, as `verifyImage` reads it: the decision that promoted it to here, mostly. Nothing
   * of the image is believed before.
   */
  readonly requirements: readonly Requirement[]
  /** `os/architecture[/variant]` of the machine; chooses from an index. Default: of this process. */
  readonly platform?: string | undefined
  /** The digest of the config that runs, when the engine tells; it must be the image's. */
  readonly config?: Digest | undefined
}

type Repository = Parameters<typeof verifyImage>[0]

const manifestSchema = z.looseObject({ config: z.looseObject({ digest: z.string() }) })

/**
 * Reads the list of files of an image from the registry, after its signature and everything else that is required was
 * verified. The layers are not needed.
 *
 * @param digest Of the image, or of an index that lists it.
 * @throws {RuntimeError} `BASELINE_INVALID` when a requirement is not satisfied or could not be judged, no image is for the
 *   platform, the manifest is of another config than the one that runs, or the list is malformed.
 */
export async function readBaseline(
  repository: Repository,
  digest: Digest,
  { fileManifest, requirements, platform = ownPlatform(), config, ...options }: ReadBaselineOptions,
): Promise<ImageBaseline> {
  const lists = new Map<string, FileManifestPredicate>()
  const verdict = await verifyImage(repository, digest, {
    ...options,
    subject: 'platforms',
    requirements: [
      ...requirements,
      {
        kind: 'attestation',
        name: 'file manifest',
        predicateType: predicateTypes.fileManifest,
        by: fileManifest,
        where: (predicate, { subject }) => {
          const list = predicateKinds.fileManifest.parse(predicate)
          for (const { digest: digests } of subject) lists.set(`sha256:${digests['sha256']}`, list)
          return true
        },
      },
    ],
  })
  if (verdict.verdict === 'error') {
    const { code = 'unknown', message = '' } = verdict.error ?? {}
    throw invalid(digest, `it could not be verified: ${code} ${message}`)
  }
  const images = verdict.subjects.filter((subject) => matches(lists.get(subject.digest)?.platform, platform))
  const [image] = images
  if (!image || images.length > 1) {
    const missing = verdict.requirements.find(({ satisfied }) => !satisfied)
    throw invalid(
      digest,
      missing ? `${missing.name}: ${missing.message}` : `${images.length} images are for ${platform}`,
    )
  }
  const missing = verdict.requirements.find(
    ({ satisfied, subject }) => !satisfied && subject === image.digest,
  )
  const list = lists.get(image.digest)
  if (image.verdict !== 'pass' || !list)
    throw invalid(
      image.digest,
      missing ? `${missing.name}: ${missing.message}` : 'a requirement is not satisfied',
    )

  const raw = await repository.getManifest(image.digest, { signal: options.signal })
  const manifest = manifestSchema.safeParse(JSON.parse(Buffer.from(raw.bytes).toString('utf8')))
  const stated = `sha256:${list.config.digest['sha256']}` as Digest
  if (!manifest.success || manifest.data.config.digest !== stated)
    throw invalid(image.digest, `the file manifest is about the config ${stated}, the image has another`)
  if (config !== undefined && config !== stated)
    throw invalid(image.digest, `the container runs the config ${config}, the image has ${stated}`)
  try {
    const baseline = new FileBaseline(readFileManifest(list))
    return { baseline, image: image.digest, config: stated, platform: list.platform, verdict }
  } catch (cause) {
    throw invalid(image.digest, 'the list of files can not be read', cause)
  }
}

function invalid(digest: Digest, problem: string, cause?: unknown): RuntimeError {
  return new RuntimeError('BASELINE_INVALID', `${digest} is no baseline: ${problem}`, {
    cause,
    subject: digest,
  })
}

const matches = (one: string | undefined, wanted: string): boolean =>
  one === wanted || one?.startsWith(`${wanted}/`) === true

function ownPlatform(): string {
  const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }
  return `linux/${architectures[process.arch] ?? process.arch}`
}
