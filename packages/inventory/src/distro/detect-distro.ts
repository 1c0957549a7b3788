import type { FileCandidate, ImageFiles } from '../files/image-files.ts'
import { maxReleaseBytes } from '../internal/limits.ts'
import { quote } from '../internal/quote.ts'
import { existsInTree, findFile, readText } from '../internal/read-text.ts'
import type { Distro } from '../inventory.ts'
import type { PurlDistro } from '../package-url.ts'
import { type ReaderContext, readOrReport } from '../reader.ts'
import { distroSupport } from './distro-support.ts'
import { databaseFamily } from './known-distros.ts'
import { parseOsRelease } from './parse-os-release.ts'
import {
  parseAlpineRelease,
  parseDebianVersion,
  parseRedHatRelease,
  parseSystemReleaseCpe,
} from './parse-release-file.ts'

/** Release files in the order in which they are believed; Oracle's `redhat-release` says Red Hat. */
const releaseFiles: readonly (readonly [string, (text: string) => Distro | undefined])[] = [
  ['/etc/os-release', fromOsRelease],
  ['/usr/lib/os-release', fromOsRelease],
  ['/etc/lsb-release', fromLsbRelease],
  ['/etc/alpine-release', parseAlpineRelease],
  ['/etc/oracle-release', parseRedHatRelease],
  ['/etc/redhat-release', parseRedHatRelease],
  ['/etc/system-release-cpe', parseSystemReleaseCpe],
  ['/etc/debian_version', parseDebianVersion],
]

/** Whether a file may say which distribution an image is of, also where links lead to it. */
export function isReleaseFile({ path, size }: FileCandidate): boolean {
  return size <= maxReleaseBytes && releaseName.test(path)
}

/** Goes up with every change of what {@link isReleaseFile} selects. */
export const releaseFilesVersion = 1

const releaseName =
  /\/(?:os|lsb|alpine|oracle|redhat|centos|system|almalinux|rocky|fedora)-release$|\/system-release-cpe$|\/debian_version$/

/** Further files that only an image made from a distribution has. */
const markers = [
  '/var/lib/dpkg',
  '/lib/apk/db',
  '/usr/lib/apk/db',
  '/var/lib/rpm',
  '/usr/lib/sysimage/rpm',
  '/bin/sh',
  '/usr/bin/env',
]
const loader = /^\/(?:usr\/)?lib(?:32|64|x32)?\/(?:[^/]+\/)?ld-(?:linux|musl)[^/]*\.so\.[0-9]+$/

/** The distribution of an image. */
export interface DetectedDistro {
  /** Only a known one. */
  readonly distro?: Distro | undefined
  readonly purlDistro: PurlDistro
}

/** Detects the distribution by os-release, else by older release files; an unknown one is reported as a gap. */
export async function detectDistro(
  context: Pick<ReaderContext, 'image' | 'signal' | 'report'>,
): Promise<DetectedDistro> {
  const { image, signal, report } = context
  const present = releaseFiles.filter(([path]) => existsInTree(image, path))
  for (const [path, parse] of present) {
    const node = findFile(image, path)
    const parsed =
      node &&
      (await readOrReport(context, path, async () =>
        parse(await readText(image, node, { maxBytes: maxReleaseBytes, signal })),
      ))
    if (!parsed) continue
    const named = await withDebianVersion(context, parsed)
    const purlDistro = toPurlDistro(named)
    if (databaseFamily(named.id)) {
      await reportContradiction(context, path, named, present)
      return { distro: withSupport(named), purlDistro }
    }
    report({ code: 'DISTRO_UNKNOWN', path, message: `unknown distribution ${quote(named.id)}` })
    return { purlDistro }
  }
  const marker = present[0]?.[0] ?? findMarker(image)
  if (marker) {
    report({
      code: 'DISTRO_UNKNOWN',
      path: marker,
      message: `nothing names the distribution that ${marker} is of`,
    })
  }
  return { purlDistro: {} }
}

function withSupport(distro: Distro): Distro {
  const support = distroSupport(distro)
  return support ? { ...distro, support } : distro
}

/** Images made from Debian's packages without dpkg may tell the version in `debian_version` only. */
async function withDebianVersion(
  context: Pick<ReaderContext, 'image' | 'signal' | 'report'>,
  distro: Distro,
): Promise<Distro> {
  const { image, signal } = context
  const path = '/etc/debian_version'
  const node = distro.id === 'debian' && !distro.versionId ? findFile(image, path) : undefined
  const found =
    node &&
    (await readOrReport(context, path, async () =>
      parseDebianVersion(await readText(image, node, { maxBytes: maxReleaseBytes, signal })),
    ))
  return found ? { ...distro, versionId: found.versionId } : distro
}

/** Another file that names the same distribution in another release: by which advisories it is to be judged is not sure. */
async function reportContradiction(
  context: Pick<ReaderContext, 'image' | 'signal' | 'report'>,
  believed: string,
  { id, versionId }: Distro,
  present: typeof releaseFiles,
): Promise<void> {
  const { image, signal, report } = context
  if (versionId === undefined) return
  for (const [path, parse] of present) {
    const node = path === believed ? undefined : findFile(image, path)
    const other =
      node &&
      (await readOrReport(context, path, async () =>
        parse(await readText(image, node, { maxBytes: maxReleaseBytes, signal })),
      ))
    if (other?.id !== id || other.versionId === undefined || isSameRelease(versionId, other.versionId))
      continue
    const message = `${believed} says ${quote(`${id} ${versionId}`)}, ${path} says ${quote(`${id} ${other.versionId}`)}`
    report({ code: 'DISTRO_UNKNOWN', path, message })
    return
  }
}

/** By the first two numbers, where both have them: files of one release are not always of one day. */
function isSameRelease(one: string, other: string): boolean {
  const [parts, others] = [one, other].map((text) => text.split(/[._-]/, 2))
  return parts!.every((part, index) => others![index] === undefined || part === others![index])
}

function findMarker(image: ImageFiles): string | undefined {
  const found = markers.find((path) => existsInTree(image, path))
  if (found) return found
  for (const { path } of image.tree.entries()) if (loader.test(path)) return path
  return undefined
}

function toPurlDistro({ id, versionId }: Distro): PurlDistro {
  if (!/^[a-z0-9._-]{1,64}$/.test(id)) return {}
  return { namespace: id, qualifier: versionId && versionId.length <= 64 ? `${id}-${versionId}` : id }
}

function fromOsRelease(text: string): Distro | undefined {
  const fields = parseOsRelease(text)
  const id = fields.get('ID')?.toLowerCase()
  if (!id) return undefined
  return {
    id,
    versionId: fields.get('VERSION_ID') || undefined,
    codename: fields.get('VERSION_CODENAME') || undefined,
    idLike: (fields.get('ID_LIKE') ?? '').split(/\s+/).filter((like) => like !== ''),
    prettyName: fields.get('PRETTY_NAME') || undefined,
  }
}

function fromLsbRelease(text: string): Distro | undefined {
  const fields = parseOsRelease(text)
  const id = fields.get('DISTRIB_ID')?.toLowerCase()
  const versionId = fields.get('DISTRIB_RELEASE') || undefined
  if (!id || !versionId) return undefined
  return {
    id,
    versionId,
    codename: fields.get('DISTRIB_CODENAME') || undefined,
    idLike: [],
    prettyName: fields.get('DISTRIB_DESCRIPTION') || undefined,
  }
}
