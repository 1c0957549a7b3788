import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { toolPath } from '@sallyport/test-tools'

/** Where an image is, under the tag `1`. */
export interface ImagePlace {
  readonly host: string
  readonly repository: string
}

/** A command line that copies an image. */
export interface CopyContender {
  readonly command: string
  args(from: ImagePlace, to: ImagePlace): readonly string[]
}

const reference = ({ host, repository }: ImagePlace): string => `${host}/${repository}:1`

/** Our copy in a process of its own, from what is published. */
export const ourCopy: CopyContender = {
  command: process.execPath,
  args: (from, to) => [
    fileURLToPath(new URL('copy-ours.mjs', import.meta.url)),
    reference(from),
    reference(to),
  ],
}

/** The peers; `undefined` for one that is not installed. */
export function peerCopies(): Readonly<Record<string, CopyContender | undefined>> {
  const peer = (name: string, args: CopyContender['args']): CopyContender | undefined => {
    const command = toolPath(name)
    return command === undefined ? undefined : { command, args }
  }
  return {
    crane: peer('crane', (from, to) => ['copy', '--insecure', reference(from), reference(to)]),
    regctl: peer('regctl', (from, to) => [
      ...[...new Set([from.host, to.host])].flatMap((host) => ['--host', `reg=${host},tls=disabled`]),
      'image',
      'copy',
      reference(from),
      reference(to),
    ]),
    oras: peer('oras', (from, to) => [
      'copy',
      '--from-plain-http',
      '--to-plain-http',
      reference(from),
      reference(to),
    ]),
    skopeo: peer('skopeo', (from, to) => [
      'copy',
      '--quiet',
      '--src-tls-verify=false',
      '--dest-tls-verify=false',
      `docker://${reference(from)}`,
      `docker://${reference(to)}`,
    ]),
  }
}
