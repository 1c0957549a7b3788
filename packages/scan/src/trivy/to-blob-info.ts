import { type Inventory, isJudgedByOwner, type Package } from '@sallyport/inventory'
import { foreignVendor } from '../builtin/foreign-vendor.ts'
import { gapsOfInventory } from '../engine/judged-inventory.ts'
import type { ScanGap } from '../scan-report.ts'
import { familyOf, installedTypes } from './package-types.ts'

/** An inventory as Trivy's server takes it, `trivy.cache.v1.BlobInfo`. */
export interface SentInventory {
  readonly blobInfo: object
  /** The packages that were sent, by the id under which the server speaks of them. */
  readonly packages: ReadonlyMap<string, Package>
  /** What the server's interface has no words for. */
  readonly gaps: readonly ScanGap[]
}

/** Options of {@link toBlobInfo}. */
export interface BlobInfoOptions {
  /** Version of the server: Trivy's words for distributions depend on it. */
  readonly trivyVersion: string
  /** Begins the ids of packages, so that an answer to another question is noticed. */
  readonly nonce: string
}

const systemTypes: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm'])
/** `BlobJSONSchemaVersion` of Trivy; a blob of version 0 would not be there for it. */
const schemaVersion = 2

/**
 * Makes one blob of a whole inventory. The layers are merged already, so there is one; each package has its own diff id.
 * Packages get no purl: the server makes its own, and drops packages whose purl has another word for the distribution.
 * Language packages that belong to a system package of the distribution are left to its advisories, as Trivy itself does.
 */
export function toBlobInfo(inventory: Inventory, { trivyVersion, nonce }: BlobInfoOptions): SentInventory {
  const { distro } = inventory
  const family = distro === undefined ? undefined : familyOf(distro, trivyVersion)
  const packages = new Map<string, Package>()
  const system: object[] = []
  const applications = new Map<string, { type: string; file_path: string; packages: object[] }>()
  const modular: Package[] = []
  const unsupported = new Set<string>()
  const gaps: ScanGap[] = [...gapsOfInventory(inventory)]
  const foreign = new Set(
    inventory.packages.flatMap((pkg) => (foreignVendor(pkg, distro) === undefined ? [] : [pkg.purl])),
  )
  for (const pkg of inventory.packages) {
    const id = `${nonce}/${packages.size}`
    if (systemTypes.has(pkg.type)) {
      packages.set(id, pkg)
      const repository = foreign.has(pkg.purl) && { repository: { class: 'third-party' } }
      system.push({ ...toSystemPackage(pkg, id), ...repository })
      if (pkg.rpm?.modularityLabel) modular.push(pkg)
      continue
    }
    if (isJudgedByOwner(pkg) && !foreign.has(pkg.ownedBy!)) continue
    const type = Object.hasOwn(installedTypes, pkg.type) ? installedTypes[pkg.type] : undefined
    if (type === undefined) {
      // Trivy does not list what has no package record, in images neither
      if (pkg.type !== 'generic') unsupported.add(pkg.type)
      continue
    }
    packages.set(id, pkg)
    const path = pkg.evidence.path.slice(1)
    const key = JSON.stringify([type, path])
    const application = applications.get(key) ?? { type, file_path: path, packages: [] }
    applications.set(key, application)
    application.packages.push({
      id,
      name: pkg.name,
      version: pkg.version,
      file_path: path,
      layer: { diff_id: pkg.evidence.diffId },
    })
  }
  if (modular.length > 0) {
    const message = `Trivy's server cannot be told the module of ${modular.length} packages, ${modular[0]?.name} among them`
    gaps.push({ code: 'LOSSY_INPUT', message, purl: modular[0]?.purl })
  }
  if (distro?.id === 'rhel') {
    const message = 'Trivy’s server was not told the repositories that packages of Red Hat are from'
    gaps.push({ code: 'LOSSY_INPUT', message })
  }
  for (const type of unsupported)
    gaps.push({ code: 'NO_ADVISORIES', message: `Trivy has no advisories for ${type} packages` })
  return {
    blobInfo: {
      schema_version: schemaVersion,
      diff_id: inventory.packages[0]?.evidence.diffId,
      // without a name of the distribution the server judges no system package, and lists none
      ...(family !== undefined && { os: { family, name: distro?.versionId ?? '' } }),
      package_infos: system.length === 0 ? [] : [{ file_path: 'packages', packages: system }],
      applications: [...applications.values()],
    },
    packages,
    gaps,
  }
}

function toSystemPackage({ type, name, version, arch, source, evidence }: Package, id: string): object {
  const own = splitVersion(type, version)
  const src = splitVersion(type, source?.version ?? version)
  return {
    id,
    name,
    version: own.version,
    release: own.release,
    epoch: own.epoch,
    arch: arch ?? '',
    src_name: source?.name ?? name,
    src_version: src.version,
    src_release: src.release,
    src_epoch: src.epoch,
    layer: { diff_id: evidence.diffId },
  }
}

/** Trivy keeps `[epoch:]version[-release]` apart, except of apk, which has neither epoch nor a separate release. */
function splitVersion(
  type: string,
  full: string,
): { readonly epoch: number; readonly version: string; readonly release: string } {
  if (type === 'apk') return { epoch: 0, version: full, release: '' }
  const [, epoch = '0', rest = full] = /^(\d{1,9}):(.*)$/s.exec(full) ?? []
  const dash = rest.lastIndexOf('-')
  return dash === -1
    ? { epoch: Number(epoch), version: rest, release: '' }
    : { epoch: Number(epoch), version: rest.slice(0, dash), release: rest.slice(dash + 1) }
}
