import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile, readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'

/**
 * Serves packed packages to npm on loopback, as a registry for our scope alone. `environment` makes npm ask it for what
 * is ours; all else comes from the registry that npm is set up with.
 */
export async function servePackages(root) {
  const archives = join(root, '.reports', 'packed')
  const packages = new Map()
  for (const folder of await readdir(join(root, 'packages'))) {
    const manifest = JSON.parse(await readFile(join(root, 'packages', folder, 'package.json'), 'utf8'))
    const file = `sallyport-${folder}-${manifest.version}.tgz`
    packages.set(manifest.name, { file, content: await readFile(join(archives, file)), manifest })
  }
  const ranges = new Map([...packages].map(([name, { manifest }]) => [name, `^${manifest.version}`]))

  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1)
    const archive = [...packages.values()].find(({ file }) => path === `archives/${file}`)
    const named = packages.get(path)
    if (archive) response.end(archive.content)
    else if (named) response.end(JSON.stringify(describe(named)))
    else response.writeHead(404).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `http://127.0.0.1:${server.address().port}/`

  function describe({ file, content, manifest }) {
    const {
      name,
      version,
      dependencies = {},
      peerDependencies,
      peerDependenciesMeta,
      engines,
      bin,
    } = manifest
    const ours = Object.entries(dependencies).map(([key, range]) => [key, ranges.get(key) ?? range])
    const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`
    const dist = { tarball: `${address}archives/${file}`, integrity }
    const peers = Object.entries(peerDependencies ?? {}).map(([key, range]) => [
      key,
      ranges.get(key) ?? range,
    ])
    const entry = {
      name,
      version,
      dependencies: Object.fromEntries(ours),
      peerDependencies: Object.fromEntries(peers),
      peerDependenciesMeta,
      engines,
      bin,
      dist,
    }
    return { name, 'dist-tags': { latest: version }, versions: { [version]: entry } }
  }

  return {
    names: [...packages.keys()],
    manifests: new Map([...packages].map(([name, { manifest }]) => [name, manifest])),
    archiveOf: (name) => join(archives, packages.get(name).file),
    environment: { 'npm_config_@sallyport:registry': address },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
