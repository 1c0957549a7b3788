import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import {
  comparePackages,
  type Difference,
  explain,
  listOfSyft,
  listOfTrivy,
} from '@sallyport/test-accuracy/inventories'

/** We recognise more programs in their files; a program of a package of Debian hides nothing and adds nothing. */
const isOnlyOurs = ({ ecosystem, lacks }: Difference) =>
  ecosystem === 'generic' && lacks.join() === 'syft,trivy'

/**
 * Where Syft, Trivy and our inventory see other packages in an image, but for the differences that docs/accuracy.md
 * explains.
 */
export async function compareTools(
  name: string,
  { layoutDirectory }: Image,
  { packages }: Inventory,
  trivyCache: string,
): Promise<readonly Difference[]> {
  const [syft, trivy] = await Promise.all([
    listOfSyft(layoutDirectory),
    // Without data of the distribution, Trivy lists no packages of rpm beside a search for vulnerabilities.
    listOfTrivy(
      layoutDirectory,
      trivyCache,
      packages.some(({ purl }) => purl.startsWith('pkg:rpm/')) ? 'license' : 'vuln',
    ),
  ])
  const ours = packages.map(({ purl, evidence }) => ({ purl, path: evidence.path }))
  const { differences } = comparePackages(`${name} amd64`, { ours, syft, trivy })
  return differences.filter((difference) => explain(difference) === undefined && !isOnlyOurs(difference))
}
