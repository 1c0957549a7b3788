import { readFile } from 'node:fs/promises'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { checkDrift, type DriftReport, explainDrift, readBaseline } from '@sallyport/runtime'

/** Compares the container that a process is in with its image, `registry/repository@sha256:…`. */
export async function checkContainer(pid: number, name: string): Promise<DriftReport> {
  await using client = createRegistryClient()
  const reference = parseReference(name)
  if (reference.digest === undefined) throw new TypeError(`${name} has no digest`)
  const { baseline, image } = await readBaseline(client.repository(reference), reference.digest, {
    fileManifest: { keys: [await readFile('evidence.pub', 'utf8')] },
    requirements: [{ kind: 'signature', by: { keys: [await readFile('release.pub', 'utf8')] } }],
  })
  const report = await checkDrift({ baseline, image, pid, writable: ['/data'] })
  if (report.verdict !== 'clean') process.stderr.write(explainDrift(report))
  return report
}
