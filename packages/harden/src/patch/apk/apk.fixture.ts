import { createHash, createSign, type KeyObject } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { createTarWriter } from '@sallyport/image'
import { type MirrorFiles, type PackageFiles, tarOf } from '../mirror.fixture.ts'

/** A package of apk to make. */
export interface ApkDescription {
  readonly name: string
  readonly version: string
  readonly depends?: string
  readonly provides?: string
  readonly files?: PackageFiles
  readonly scripts?: Readonly<Record<string, string>>
  readonly triggers?: string
  /** Seconds since the epoch. */
  readonly built?: number
}

/** An archive without its end mark, as all but the last segment of a package is. */
const segment = (tar: Uint8Array) => gzipSync(tar.subarray(0, tar.length - 1024))

/** Makes a package, with its paragraph of the index. */
function buildApk({
  name,
  version,
  depends,
  provides,
  files = {},
  scripts = {},
  triggers,
  built = 1_770_000_000,
}: ApkDescription) {
  const data = gzipSync(tarOf(files, ''))
  const info = [
    `pkgname = ${name}`,
    `pkgver = ${version}`,
    'arch = x86_64',
    ...(triggers === undefined ? [] : [`triggers = ${triggers}`]),
    `datahash = ${createHash('sha256').update(data).digest('hex')}`,
  ]
  const control = createTarWriter().add({ type: 'file', path: '.PKGINFO', data: `${info.join('\n')}\n` })
  for (const [kind, text] of Object.entries(scripts))
    control.add({ type: 'file', path: `.${kind}`, mode: 0o755, data: text })
  const bytes = segment(control.finish())
  const apk = Buffer.concat([
    segment(createTarWriter().add({ type: 'file', path: '.SIGN.RSA.x', data: 'x' }).finish()),
    bytes,
    data,
  ])
  const lines = [
    `C:Q1${createHash('sha1').update(bytes).digest('base64')}`,
    `P:${name}`,
    `V:${version}`,
    'A:x86_64',
    `S:${apk.length}`,
    'I:4096',
    `T:${name}`,
    `t:${built}`,
    ...(depends === undefined ? [] : [`D:${depends}`]),
    ...(provides === undefined ? [] : [`p:${provides}`]),
  ]
  return { apk, paragraph: lines.join('\n') }
}

/** Makes a repository `v3.20/main`, whose index `key` signs under the name `test.rsa.pub`. */
export function buildRepository(
  packages: readonly ApkDescription[],
  key: KeyObject,
  {
    kind = 'RSA256',
    description = 'v3.20.1-5-gabc',
  }: { readonly kind?: 'RSA' | 'RSA256' | undefined; readonly description?: string | undefined } = {},
): MirrorFiles {
  const files: MirrorFiles = new Map()
  const paragraphs = packages.map((one) => {
    const { apk, paragraph } = buildApk(one)
    files.set(`v3.20/main/x86_64/${one.name}-${one.version}.apk`, apk)
    return paragraph
  })
  const index = gzipSync(
    createTarWriter()
      .add({ type: 'file', path: 'DESCRIPTION', data: description })
      .add({ type: 'file', path: 'APKINDEX', data: paragraphs.map((text) => `${text}\n\n`).join('') })
      .finish(),
  )
  const signature = createSign(kind === 'RSA' ? 'sha1' : 'sha256')
    .update(index)
    .sign(key)
  const signed = segment(
    createTarWriter()
      .add({ type: 'file', path: `.SIGN.${kind}.test.rsa.pub`, data: signature })
      .finish(),
  )
  files.set('v3.20/main/x86_64/APKINDEX.tar.gz', Buffer.concat([signed, index]))
  return files
}
