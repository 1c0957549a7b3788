import type { Finding } from '@sallyport/scan'
import { PackageURL } from 'packageurl-js'

/** Reads `name@version` as a package of Debian 12, or a purl with a version; `undefined` for anything else. */
export function readPackageName(text: string): Finding['package'] | undefined {
  if (!text.startsWith('pkg:')) {
    const at = text.indexOf('@')
    if (at < 1 || at === text.length - 1) return undefined
    const [name, version] = [text.slice(0, at), text.slice(at + 1)]
    const qualifiers = { arch: 'amd64', distro: 'debian-12' }
    const purl = new PackageURL('deb', 'debian', name, version, qualifiers, undefined).toString()
    return { purl, type: 'deb', name, version }
  }
  try {
    const { type, namespace, name, version } = PackageURL.fromString(text)
    if (!type || !name || !version) return undefined
    const separator = type === 'maven' ? ':' : '/'
    const inEcosystem = ['npm', 'maven', 'golang', 'composer'].includes(type) && namespace
    return { purl: text, type, name: inEcosystem ? `${namespace}${separator}${name}` : name, version }
  } catch {
    return undefined
  }
}
