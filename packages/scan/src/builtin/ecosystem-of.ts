import type { Distro, PackageType } from '@sallyport/inventory'

/** Where advisories for a package are looked up. */
export type EcosystemChoice =
  | {
      readonly ok: true
      /** Names of the ecosystem in OSV, with the release where there is one: `Debian:12`. At least one must have records. */
      readonly names: readonly string[]
      /** The ecosystem without release, whose records count for every release. */
      readonly base?: string | undefined
      /** The ecosystem of a subscription (Ubuntu Pro), whose fixes only its subscribers get. */
      readonly subscription?: string | undefined
    }
  | {
      readonly ok: false
      readonly code: 'DISTRO_UNKNOWN' | 'DISTRO_UNSUPPORTED' | 'NO_ADVISORIES'
      readonly why: string
    }

const languages: Partial<Record<PackageType, string>> = {
  npm: 'npm',
  pypi: 'PyPI',
  golang: 'Go',
  maven: 'Maven',
  gem: 'RubyGems',
  cargo: 'crates.io',
  nuget: 'NuGet',
  composer: 'Packagist',
}

/** Chooses the OSV ecosystem of packages of a type, in an image of that distribution. */
export function ecosystemOf(type: PackageType, distro: Distro | undefined): EcosystemChoice {
  const language = languages[type]
  if (language !== undefined) return { ok: true, names: [language] }
  if (type !== 'deb' && type !== 'apk' && type !== 'rpm')
    return { ok: false, code: 'NO_ADVISORIES', why: `advisories name no packages of type ${type}` }
  if (distro === undefined)
    return { ok: false, code: 'DISTRO_UNKNOWN', why: `the distribution of the ${type} packages is not known` }
  const rule = Object.hasOwn(distros, distro.id) ? distros[distro.id] : undefined
  const choice = rule?.type === type ? rule.choose(distro) : undefined
  if (choice !== undefined) return { ok: true, ...choice }
  const release = distro.versionId ?? 'without a release number'
  const why = `no matching of ${type} packages for ${distro.id} ${release}`.slice(0, 300)
  return { ok: false, code: 'DISTRO_UNSUPPORTED', why }
}

type Choice = Omit<Extract<EcosystemChoice, { ok: true }>, 'ok'>

interface DistroRule {
  readonly type: 'deb' | 'apk' | 'rpm'
  /** `undefined` for a release that advisories do not name. */
  readonly choose: (distro: Distro) => Choice | undefined
}

const distros: Readonly<Record<string, DistroRule>> = {
  debian: byMajor('deb', (major) => ({ names: [`Debian:${major}`], base: 'Debian' })),
  ubuntu: { type: 'deb', choose: ubuntu },
  alpine: byMinor('apk', (minor) => ({ names: [`Alpine:v${minor}`], base: 'Alpine' })),
  wolfi: { type: 'apk', choose: () => ({ names: ['Wolfi'] }) },
  chainguard: { type: 'apk', choose: () => ({ names: ['Chainguard'] }) },
  rhel: byMajor('rpm', redhat),
  // CentOS Stream is ahead of the releases that Red Hat's advisories are about
  centos: {
    type: 'rpm',
    choose: (distro) =>
      /stream/i.test(distro.prettyName ?? '') || Number(distro.versionId) >= 9
        ? undefined
        : byMajor('rpm', redhat).choose(distro),
  },
  almalinux: byMajor('rpm', (major) => ({ names: [`AlmaLinux:${major}`] })),
  rocky: byMajor('rpm', (major) => ({ names: [`Rocky Linux:${major}`] })),
  ol: byMajor('rpm', (major) => ({ names: [`Oracle Linux:${major}`] })),
  amzn: byMajor('rpm', (major) => ({ names: [`Amazon Linux:${major}`] })),
  photon: byMinor('rpm', (minor) => ({ names: [`Photon OS:${minor}`] })),
  'opensuse-leap': byMinor('rpm', (minor) => ({ names: [`openSUSE:Leap ${minor}`] })),
  'opensuse-tumbleweed': { type: 'rpm', choose: () => ({ names: ['openSUSE:Tumbleweed'] }) },
  sles: { type: 'rpm', choose: suse },
}

function byMajor(type: DistroRule['type'], choose: (major: string) => Choice): DistroRule {
  return byPattern(type, /^(\d+)(?:\.\d+)*$/, choose)
}

function byMinor(type: DistroRule['type'], choose: (minor: string) => Choice): DistroRule {
  return byPattern(type, /^(\d+\.\d+)(?:\.\d+)*$/, choose)
}

function byPattern(
  type: DistroRule['type'],
  pattern: RegExp,
  choose: (release: string) => Choice,
): DistroRule {
  return {
    type,
    choose: ({ versionId = '' }) => {
      const release = pattern.exec(versionId)?.[1]
      return release === undefined ? undefined : choose(release)
    },
  }
}

/** OSV marks long-term releases: those of April in even years. */
function ubuntu({ versionId = '' }: Distro): Choice | undefined {
  const match = /^(\d\d)\.(04|10)(?:\.\d+)?$/.exec(versionId)
  if (match === null) return undefined
  const release = `${match[1]}.${match[2]}`
  if (match[2] !== '04' || Number(match[1]) % 2 !== 0) return { names: [`Ubuntu:${release}`] }
  return { names: [`Ubuntu:${release}:LTS`], subscription: `Ubuntu:Pro:${release}:LTS` }
}

/** Red Hat's products of a major release by CPE; packages of any of them may be installed. */
const repositories =
  'baseos appstream crb highavailability nfv realtime resilientstorage sap sap_hana supplementary server client workstation computenode'.split(
    ' ',
  )

function redhat(major: string): Choice {
  const product = `Red Hat:enterprise_linux:${major}`
  return { names: [product, ...repositories.map((repository) => `${product}::${repository}`)] }
}

function suse({ versionId = '' }: Distro): Choice | undefined {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(versionId)
  if (match === null) return undefined
  const [, major, pack] = match
  const release = pack === undefined || pack === '0' ? major : `${major} SP${pack}`
  return { names: [`SUSE:Linux Enterprise Server ${release}`] }
}
