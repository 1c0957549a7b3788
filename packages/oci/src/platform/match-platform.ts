import type { Platform } from '@sallyport/core'

/**
 * How an image's platform is compared with the wanted one.
 * - `compatible`: also what the wanted machine runs besides its own kind (lower variants, 32-bit forms), as containerd
 *   chooses when it pulls.
 * - `strict`: the same platform after normalisation.
 * - `asked-fields`: every field that is asked for must be equal, nothing is normalised.
 */
export type PlatformRule = 'compatible' | 'strict' | 'asked-fields'

const architectures: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  i386: '386',
  i486: '386',
  i586: '386',
  i686: '386',
}

/** Writes a platform in its usual form: `x86_64` is `amd64`, `arm` alone is `arm/v7`, `arm64/v8` is `arm64`. */
export function normalizePlatform(platform: Platform): Platform {
  const { variant: _, ...rest } = platform
  const os = platform.os.toLowerCase() === 'macos' ? 'darwin' : platform.os.toLowerCase()
  const given = platform.architecture.toLowerCase()
  let architecture = architectures[given] ?? given
  let variant = platform.variant?.toLowerCase() || undefined
  if (variant !== undefined && /^\d/.test(variant)) variant = `v${variant}`
  if (given === 'armhf' || given === 'armel') {
    architecture = 'arm'
    variant = given === 'armhf' ? 'v7' : 'v6'
  }
  if (architecture === 'arm') variant ??= 'v7'
  if (architecture === 'arm64' && (variant === 'v8' || variant === 'v8.0')) variant = undefined
  if (architecture === 'arm64' && variant === 'v9.0') variant = 'v9'
  if (architecture === 'amd64' && variant === 'v1') variant = undefined
  return { ...rest, os, architecture, ...(variant === undefined ? {} : { variant }) }
}

/** Whether an image for `have` will do where `want` is asked for. */
export function matchPlatform(want: Platform, have: Platform, rule: PlatformRule = 'compatible'): boolean {
  return rankPlatform(want, have, rule) !== undefined
}

/** How near `have` is to `want`: 0 is best, `undefined` is no match. */
export function rankPlatform(want: Platform, have: Platform, rule: PlatformRule): number | undefined {
  if (rule === 'asked-fields') return hasAskedFields(want, have) ? 0 : undefined
  const wanted = normalizePlatform(want)
  const image = normalizePlatform(have)
  if (!fitsSystem(wanted, image)) return undefined
  const accepted = rule === 'strict' ? [wanted] : acceptedBy(wanted)
  const rank = accepted.findIndex(
    ({ architecture, variant }) => architecture === image.architecture && variant === image.variant,
  )
  return rank < 0 ? undefined : rank
}

function fitsSystem(want: Platform, have: Platform): boolean {
  if (want.os !== have.os) return false
  const version = want['os.version']
  const own = have['os.version']
  if (version && own) {
    const build = (text: string): string => text.split('.').slice(0, 3).join('.')
    // Windows containers run on the same build of the system, whatever its revision.
    if (want.os === 'windows' ? build(version) !== build(own) : version !== own) return false
  }
  return hasAll(want['os.features'], have['os.features'])
}

/** What a machine of the (normalised) platform runs, best first. */
function acceptedBy(platform: Platform): readonly Pick<Platform, 'architecture' | 'variant'>[] {
  const { architecture, variant } = platform
  const own = { architecture, variant }
  const level = Number(/^v(\d+)$/.exec(variant ?? '')?.[1])
  switch (architecture) {
    case 'amd64':
      return [
        own,
        ...countDown(level - 1, 1).map((n) => ({ architecture, variant: n === 1 ? undefined : `v${n}` })),
        { architecture: '386', variant: undefined },
      ]
    case 'arm':
      return [own, ...countDown(level - 1, 5).map((n) => ({ architecture, variant: `v${n}` }))]
    case 'arm64':
      return [
        ...arm64Variants(variant).map((each) => ({ architecture, variant: each })),
        ...countDown(8, 5).map((n) => ({ architecture: 'arm', variant: `v${n}` })),
      ]
    default:
      return [own]
  }
}

/** Armv9.k holds all of Armv8.(k+5) and of each earlier one. */
function arm64Variants(variant: string | undefined): readonly (string | undefined)[] {
  const [, major, minor = '0'] = /^v(8|9)(?:\.(\d{1,2}))?$/.exec(variant ?? 'v8') ?? []
  if (major === undefined) return [variant]
  const nine = major === '9' ? countDown(Number(minor), 0).map((n) => (n === 0 ? 'v9' : `v9.${n}`)) : []
  const eight = countDown(major === '9' ? Number(minor) + 5 : Number(minor), 0)
  return [...nine, ...eight.map((n) => (n === 0 ? undefined : `v8.${n}`))]
}

function countDown(from: number, to: number): number[] {
  return from >= to && from < 100 ? Array.from({ length: from - to + 1 }, (_, index) => from - index) : []
}

function hasAskedFields(want: Platform, have: Platform): boolean {
  return (
    want.os === have.os &&
    want.architecture === have.architecture &&
    (!want.variant || want.variant === have.variant) &&
    (!want['os.version'] || want['os.version'] === have['os.version']) &&
    hasAll(want['os.features'], have['os.features'])
  )
}

function hasAll(wanted: readonly string[] = [], present: readonly string[] = []): boolean {
  return wanted.every((feature) => present.includes(feature))
}
