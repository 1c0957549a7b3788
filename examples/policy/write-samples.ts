import { writeFile } from 'node:fs/promises'
import { generateSigningKey } from '@sallyport/attest'
import { writeSamples as writeGateSamples } from '../gate/write-samples.ts'

const files = {
  '.trivyignore': '# accepted\nCVE-2023-5363 exp:2027-01-31\nCVE-2024-5535\n',
  '.grype.yaml':
    'ignore:\n  - vulnerability: CVE-2024-5535\n    package: { name: libssl3, type: deb }\n    reason: not reachable\n  - vulnerability: CVE-2024-0001\n    package: { name: "lib.*", type: deb }\n',
  'allowlist.json': '{"expires_at":1801353600,"items":[{"cve_id":"CVE-2024-28757"}]}',
}

/** Writes the files that the guide reads into the working folder. */
export async function writeSamples(): Promise<void> {
  await writeGateSamples()
  const security = generateSigningKey()
  await writeFile('security.key', security.privateKey)
  await writeFile('security.pub', security.publicKey)
  for (const [path, content] of Object.entries(files)) await writeFile(path, content)
}
