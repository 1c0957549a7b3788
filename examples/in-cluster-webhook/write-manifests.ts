// node write-manifests.ts IMAGE@DIGEST: writes deploy/ for `kubectl apply -k deploy/base`, then `-k deploy/webhooks`.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { kustomizeBase } from '@sallyport/admission/deploy'

const names = ['webhook.yaml', 'admission.yaml', 'revoked.yaml']
const contents = await Promise.all(names.map(async (name) => [name, await readFile(name, 'utf8')] as const))
const files = kustomizeBase({
  image: process.argv[2] ?? '',
  files: Object.fromEntries(contents),
  certificate: { type: 'cert-manager' },
  namespaceLabels: true,
})
for (const [path, text] of Object.entries(files)) {
  await mkdir(dirname(join('deploy', path)), { recursive: true })
  await writeFile(join('deploy', path), text)
}
