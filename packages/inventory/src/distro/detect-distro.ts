import type { Image } from '@sallyport/image'
import { findFile, readText } from '../internal/read-text.ts'
import type { Distro, InventoryGap } from '../inventory.ts'
import { parseOsRelease } from './parse-os-release.ts'

/** Distributions whose package databases and advisories are known, by `ID` of os-release. */
const knownIds = new Set([
  'almalinux',
  'alpine',
  'amzn',
  'azurelinux',
  'centos',
  'chainguard',
  'debian',
  'fedora',
  'mariner',
  'ol',
  'opensuse-leap',
  'opensuse-tumbleweed',
  'photon',
  'raspbian',
  'rhel',
  'rocky',
  'sles',
  'ubuntu',
  'wolfi',
])

/** Files that only an image made from a distribution has. */
const markers = [
  '/var/lib/dpkg/status',
  '/var/lib/dpkg/status.d',
  '/lib/apk/db/installed',
  '/usr/lib/apk/db/installed',
  '/var/lib/rpm',
  '/usr/lib/sysimage/rpm',
  '/etc/debian_version',
  '/etc/alpine-release',
  '/etc/redhat-release',
  '/usr/bin/env',
  '/bin/sh',
]

/** The distribution of an image, and what could not be told about it. */
export interface DetectedDistro {
  readonly distro?: Distro | undefined
  readonly gap?: InventoryGap | undefined
}

/** Detects the distribution by os-release, else by the release files of Debian and Alpine. */
export async function detectDistro(image: Image, signal: AbortSignal | undefined): Promise<DetectedDistro> {
  const release = findFile(image, '/etc/os-release') ?? findFile(image, '/usr/lib/os-release')
  const distro = release
    ? fromOsRelease(await readText(image, release, { maxBytes: 64 * 1024, signal }))
    : await fromReleaseFiles(image, signal)
  if (distro && knownIds.has(distro.id)) return { distro }
  const path = release?.path
  if (distro) {
    return {
      gap: { code: 'DISTRO_UNKNOWN', path, message: `unknown distribution "${distro.id.slice(0, 80)}"` },
    }
  }
  const marker = release?.path ?? markers.find((candidate) => image.tree.resolve(candidate))
  return marker
    ? {
        gap: {
          code: 'DISTRO_UNKNOWN',
          path: marker,
          message: `no os-release names the distribution that ${marker} is of`,
        },
      }
    : {}
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

async function fromReleaseFiles(image: Image, signal: AbortSignal | undefined): Promise<Distro | undefined> {
  const alpine = findFile(image, '/etc/alpine-release')
  if (alpine) {
    const version = (await readText(image, alpine, { maxBytes: 1024, signal })).trim()
    return { id: 'alpine', versionId: version, idLike: [] }
  }
  const debian = findFile(image, '/etc/debian_version')
  if (debian) {
    const version = /^(\d+)(\.\d+)?$/.exec((await readText(image, debian, { maxBytes: 1024, signal })).trim())
    if (version) return { id: 'debian', versionId: version[1], idLike: [] }
  }
  return undefined
}
