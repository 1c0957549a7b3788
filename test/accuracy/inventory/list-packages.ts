import { inventoryImage } from '@sallyport/inventory'
import { openLayout } from '@sallyport/oci'
import { runTool } from './run-tool.ts'

/** A package as one of the tools tells it. */
export interface FoundPackage {
  readonly purl: string
  /** Absolute path of the file that it was found in, where the tool tells. */
  readonly path?: string | undefined
}

export const tools = ['ours', 'syft', 'trivy'] as const
export type Tool = (typeof tools)[number]

/** With `vuln`, Trivy fails on packages of Red Hat without data of Red Hat; with `license`, it reads no Java archive. */
export type TrivyScanner = 'vuln' | 'license'

/** What each tool finds in the one image of an OCI layout. */
export async function listPackages(
  layout: string,
  trivyCache: string,
  trivyScanner: TrivyScanner = 'vuln',
): Promise<Readonly<Record<Tool, readonly FoundPackage[]>>> {
  const [ours, syft, trivy] = await Promise.all([
    listOurs(layout),
    listOfSyft(layout),
    listOfTrivy(layout, trivyCache, trivyScanner),
  ])
  return { ours, syft, trivy }
}

async function listOurs(directory: string): Promise<FoundPackage[]> {
  const layout = await openLayout(directory)
  const { packages } = await inventoryImage(layout, await layout.getManifest('latest'))
  return packages.map(({ purl, evidence }) => ({ purl, path: evidence.path }))
}

interface SyftReport {
  readonly artifacts: readonly {
    readonly name: string
    readonly version: string
    readonly type: string
    readonly purl: string
    readonly locations: readonly { readonly path: string }[]
  }[]
}

/** What Syft finds in the one image of an OCI layout. */
export async function listOfSyft(layout: string): Promise<FoundPackage[]> {
  const { artifacts } = JSON.parse(
    await runTool('syft', ['-q', '-o', 'json', `oci-dir:${layout}`]),
  ) as SyftReport
  // What has no purl is still a package that it found.
  return artifacts.flatMap(({ name, version, type, purl, locations }) =>
    locations
      .slice(0, 1)
      .map(({ path }) => ({ purl: purl === '' ? `pkg:${type}/${name}@${version}` : purl, path })),
  )
}

interface TrivyReport {
  readonly Results?: readonly {
    readonly Class: string
    readonly Type: string
    readonly Target: string
    readonly Packages?: readonly {
      readonly Name: string
      readonly Version: string
      readonly FilePath?: string
      readonly Identifier?: { readonly PURL?: string }
    }[]
  }[]
}

/** What Trivy finds in the one image of an OCI layout. */
export async function listOfTrivy(
  layout: string,
  cache: string,
  scanner: TrivyScanner = 'vuln',
): Promise<FoundPackage[]> {
  const { Results = [] } = JSON.parse(
    await runTool('trivy', [
      'image',
      '--quiet',
      '--format=json',
      '--list-all-pkgs',
      `--scanners=${scanner}`,
      '--offline-scan',
      '--skip-db-update',
      '--skip-java-db-update',
      `--cache-dir=${cache}`,
      `--input=${layout}`,
    ]),
  ) as TrivyReport
  return Results.flatMap(({ Class, Type, Target, Packages = [] }) =>
    Packages.map(({ Name, Version, FilePath, Identifier }) => ({
      purl: Identifier?.PURL ?? `pkg:${Type}/${Name}@${Version}`,
      path: Class === 'os-pkgs' ? undefined : `/${FilePath ?? Target}`,
    })),
  )
}
