import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { kustomizeBase } from '@sallyport/admission/deploy'

/** Writes the directory `deploy`, for `kubectl apply -k`. */
export async function writeManifests(image: string): Promise<void> {
  const names = ['webhook.yaml', 'admission.yaml', 'revoked.yaml']
  const contents = await Promise.all(names.map(async (name) => [name, await readFile(name, 'utf8')] as const))
  const files = kustomizeBase({
    image,
    files: Object.fromEntries(contents),
    certificate: { type: 'cert-manager' },
  })
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join('deploy', path)), { recursive: true })
    await writeFile(join('deploy', path), text)
  }
}
