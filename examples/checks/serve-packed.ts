import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, delimiter, join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'

const root = join(import.meta.dirname, '..', '..')

/** An environment in which npm installs our packages as they would be published. */
export interface PackedPackages extends AsyncDisposable {
  /**
   * For who runs commands as on a machine of their own: npm's global folder is `prefix`, whose programs are on the path,
   * and nothing of this checkout is but its Node.
   */
  readonly environment: Readonly<Record<string, string>>
}

/** Serves the packages that `npm run examples` has packed, on loopback. */
export async function servePacked(prefix: string): Promise<PackedPackages> {
  const script = join(root, 'scripts', 'packages', 'serve.mjs')
  const server = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(server, 'exit')
  const first = createInterface(server.stdout)[Symbol.asyncIterator]().next()
  const { value } = (await first) as { readonly value?: string }
  if (value === undefined) throw new Error('no packed packages: npm run examples packs them')
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => !entry.startsWith(root))
  // How npm gets out of this machine stays as it is; what is set for our own programs does not count.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SALLYPORT_'))
  return {
    environment: {
      ...(Object.fromEntries(inherited) as Record<string, string>),
      ...(JSON.parse(value) as Record<string, string>),
      npm_config_prefix: prefix,
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
      PATH: [join(prefix, 'bin'), dirname(process.execPath), ...path].join(delimiter),
    },
    async [Symbol.asyncDispose]() {
      server.stdin.end()
      await ended
    },
  }
}
