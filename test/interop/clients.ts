import { digestOf } from '@sallyport/core'
import { regctlHost, runTool } from './run-tool.ts'

/** A client of others, told to use plain HTTP. Folders are OCI layouts, references `host/repository:tag`. */
export interface OtherClient {
  readonly name: string
  /** Whether referrers go along. */
  readonly takesReferrers: boolean
  /** The digest that it sees. */
  digest(reference: string): Promise<string>
  /** Reads an image into a new layout, whole, with its referrers where it can. */
  read(reference: string, folder: string): Promise<unknown>
  /** Writes an image that it has read. */
  write(folder: string, reference: string): Promise<unknown>
  /** Copies a whole image within a registry. */
  copy(from: string, to: string): Promise<unknown>
}

const tagOf = (reference: string): string => reference.slice(reference.lastIndexOf(':') + 1)
const regctl = (reference: string, ...args: string[]): Promise<string> =>
  runTool('regctl', [...regctlHost(reference.split('/')[0]!), ...args])
const skopeoCopy = (...args: string[]): Promise<string> =>
  runTool('skopeo', ['copy', '--all', '--preserve-digests', ...args])

export const otherClients: readonly OtherClient[] = [
  {
    name: 'crane',
    takesReferrers: false,
    digest: (reference) => runTool('crane', ['digest', '--insecure', reference]),
    read: (reference, folder) => runTool('crane', ['pull', '--insecure', '--format=oci', reference, folder]),
    write: (folder, reference) => runTool('crane', ['push', '--insecure', folder, reference]),
    copy: (from, to) => runTool('crane', ['copy', '--insecure', from, to]),
  },
  {
    name: 'regctl',
    takesReferrers: true,
    digest: (reference) => regctl(reference, 'image', 'digest', reference),
    read: (reference, folder) =>
      regctl(reference, 'image', 'copy', '--referrers', reference, `ocidir://${folder}:${tagOf(reference)}`),
    write: (folder, reference) =>
      regctl(reference, 'image', 'copy', '--referrers', `ocidir://${folder}:${tagOf(reference)}`, reference),
    copy: (from, to) => regctl(from, 'image', 'copy', from, to),
  },
  {
    name: 'oras',
    takesReferrers: true,
    digest: (reference) => runTool('oras', ['resolve', '--plain-http', reference]),
    read: (reference, folder) => {
      const to = `${folder}:${tagOf(reference)}`
      return runTool('oras', ['cp', '--recursive', '--from-plain-http', '--to-oci-layout', reference, to])
    },
    write: (folder, reference) => {
      const from = `${folder}:${tagOf(reference)}`
      return runTool('oras', ['cp', '--recursive', '--from-oci-layout', '--to-plain-http', from, reference])
    },
    copy: (from, to) => runTool('oras', ['cp', '--from-plain-http', '--to-plain-http', from, to]),
  },
  {
    name: 'skopeo',
    takesReferrers: false,
    // It names the digest only of what it takes for an image.
    digest: async (reference) =>
      digestOf(await runTool('skopeo', ['inspect', '--raw', '--tls-verify=false', `docker://${reference}`])),
    read: (reference, folder) => {
      const to = `oci:${folder}:${tagOf(reference)}`
      return skopeoCopy('--src-tls-verify=false', `docker://${reference}`, to)
    },
    write: (folder, reference) => {
      const from = `oci:${folder}:${tagOf(reference)}`
      return skopeoCopy('--dest-tls-verify=false', from, `docker://${reference}`)
    },
    copy: (from, to) => {
      const plainHttp = ['--src-tls-verify=false', '--dest-tls-verify=false']
      return skopeoCopy(...plainHttp, `docker://${from}`, `docker://${to}`)
    },
  },
]
