import { readFileSync } from 'node:fs'

/** That of the package, which lies next to `src` and to `dist` alike. */
export function ownVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    const found = readVersion(new URL(path, import.meta.url))
    if (found !== undefined) return found
  }
  throw new Error('this package has no package.json')
}

function readVersion(file: URL): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name: string; version: string }
    return name === '@sallyport/cli' ? version : undefined
  } catch {
    return undefined
  }
}
