import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createTarWriter } from '@sallyport/image'
import { createCleartextMessage, generateKey, type PrivateKey, sign } from 'openpgp'

interface NewPackage {
  readonly name: string
  readonly version: string
  readonly fields: string
  readonly files: Readonly<Record<string, Uint8Array>>
}

/** Makes the key of a mirror. */
export async function createArchiveKey(): Promise<{
  readonly privateKey: PrivateKey
  readonly keyring: string
}> {
  const { privateKey, publicKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'Archive', email: 'archive@example.com' }],
    format: 'object',
  })
  return { privateKey, keyring: publicKey.armor() }
}

/** Writes a suite of a mirror of Debian with one package. */
export async function writeMirror(
  folder: string,
  suite: string,
  found: NewPackage,
  signingKeys: PrivateKey,
): Promise<void> {
  const control = `Package: ${found.name}\nVersion: ${found.version}\nArchitecture: amd64\nMaintainer: Nobody <nobody@example.com>\n${found.fields}Description: of an example\n`
  const deb = packDeb(control, found.files)
  const path = `pool/main/${found.name}_${found.version}_amd64.deb`
  const index = gzipSync(`${control}Filename: ${path}\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n`)
  const release = `Origin: Example\nSuite: ${suite}\nCodename: ${suite}\nDate: ${new Date().toUTCString()}\nArchitectures: amd64\nComponents: main\nSHA256:\n ${sha256(index)} ${index.length} main/binary-amd64/Packages.gz\n`
  const signed = await sign({ message: await createCleartextMessage({ text: release }), signingKeys })
  const lists = `dists/${suite}`
  const files = {
    [path]: deb,
    [`${lists}/main/binary-amd64/Packages.gz`]: index,
    [`${lists}/InRelease`]: signed,
  }
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** An ar archive of what a Debian package consists of. */
function packDeb(control: string, files: Readonly<Record<string, Uint8Array>>): Buffer {
  const folders = new Set<string>()
  for (const path of Object.keys(files))
    for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) folders.add(folder)
  const data = createTarWriter()
  for (const folder of [...folders].sort()) data.add({ type: 'directory', path: `.${folder}/` })
  for (const [path, content] of Object.entries(files))
    data.add({ type: 'file', path: `.${path}`, data: content, mode: 0o755 })
  const parts: Uint8Array[] = [Buffer.from('!<arch>\n')]
  const controlTar = createTarWriter().add({ type: 'file', path: './control', data: control }).finish()
  const members = {
    'debian-binary': Buffer.from('2.0\n'),
    'control.tar.gz': gzipSync(controlTar),
    'data.tar.gz': gzipSync(data.finish()),
  }
  for (const [name, bytes] of Object.entries(members)) {
    const fields = [name.padEnd(16), '0'.padEnd(12), '0'.padEnd(6), '0'.padEnd(6), '100644'.padEnd(8)]
    parts.push(Buffer.from(`${fields.join('')}${String(bytes.length).padEnd(10)}\`\n`), bytes)
    if (bytes.length % 2 === 1) parts.push(Buffer.from('\n'))
  }
  return Buffer.concat(parts)
}
