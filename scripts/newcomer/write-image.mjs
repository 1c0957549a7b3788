import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

const stanza = (name) =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\nDescription: part of an image\n`

const files = {
  'etc/os-release': 'ID=debian\nVERSION_ID=12\n',
  'usr/bin/app': 'an executable',
  'var/lib/dpkg/status': `${stanza('app')}\n${stanza('left-over')}`,
  'var/lib/dpkg/info/app.list': '/etc/os-release\n/usr/bin/app\n',
  'var/lib/dpkg/info/left-over.list': '/usr/bin/left-over\n',
  'usr/bin/left-over': 'what the build needed',
}

/** Writes an image of one's own as an OCI layout, with tar and nothing of ours; returns its manifest's digest. */
export async function writeImage(folder, tag) {
  const content = join(folder, 'content')
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(content, dirname(path)), { recursive: true })
    await writeFile(join(content, path), text, { mode: path.startsWith('usr/bin/') ? 0o755 : 0o644 })
  }
  const archive = join(folder, 'layer.tar')
  execFileSync('tar', ['--create', '--file', archive, '--directory', content, 'etc', 'usr', 'var'])
  const layer = await readFile(archive)
  const blobs = join(folder, 'layout', 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  const put = async (mediaType, bytes) => {
    const hex = createHash('sha256').update(bytes).digest('hex')
    await writeFile(join(blobs, hex), bytes)
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
  }
  const json = (value) => Buffer.from(JSON.stringify(value))
  const type = 'application/vnd.oci.image'
  const config = await put(
    `${type}.config.v1+json`,
    json({
      architecture: 'amd64',
      os: 'linux',
      config: { Entrypoint: ['/usr/bin/app'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`] },
    }),
  )
  const layers = [await put(`${type}.layer.v1.tar+gzip`, gzipSync(layer))]
  const mediaType = `${type}.manifest.v1+json`
  const manifest = await put(mediaType, json({ schemaVersion: 2, mediaType, config, layers }))
  const named = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': tag } }
  await writeFile(join(folder, 'layout', 'index.json'), json({ schemaVersion: 2, manifests: [named] }))
  await writeFile(join(folder, 'layout', 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))
  return join(folder, 'layout')
}
