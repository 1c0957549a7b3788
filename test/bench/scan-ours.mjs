// Lists the packages of an image in an OCI layout and matches them with a database of advisories, as a user's program would,
// from what is published. Prints what it found, and the milliseconds of each scan after the first, as JSON.
//
//   scan-ours.mjs LAYOUT TAG DATABASE COUNT [CACHE]   scans as often as COUNT says, with the layer cache where one is given
import process from 'node:process'
import { folderLayerCache, inventoryImage } from '@sallyport/inventory'
import { openLayout } from '@sallyport/oci'
import { builtinScanner } from '@sallyport/scan'
import { openAdvisoryDatabase } from '@sallyport/scan/database'

const [layoutDirectory, tag, database, count, directory] = process.argv.slice(2)
const cache = directory === undefined ? undefined : folderLayerCache({ directory })
const advisories = await openAdvisoryDatabase(database)
const scanner = builtinScanner({ advisories })

async function scan() {
  const layout = await openLayout(layoutDirectory)
  const inventory = await inventoryImage(layout, await layout.getManifest(tag), { cache })
  const { subject, platform } = inventory
  return await scanner.scan({ subject, platform, inventory, layoutDirectory })
}

const times = []
let report
for (let round = 0; round < Number(count); round++) {
  const started = performance.now()
  report = await scan()
  times.push(performance.now() - started)
}
const findings = report.findings.map(({ id, aliases, package: { name, version } }) => ({
  ids: [id, ...aliases],
  name,
  version,
}))
const { status, gaps, packagesSeen } = report
process.stdout.write(JSON.stringify({ status, gaps, packagesSeen, findings, times: times.slice(1) }))
