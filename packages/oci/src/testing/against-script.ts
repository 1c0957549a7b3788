import { createRegistryClient, type RegistryClientOptions } from '../registry/create-registry-client.ts'
import type { RegistryRepository } from '../registry/registry-repository.ts'
import { type Script, type ScriptedServer, startScriptedServer } from './scripted-server.ts'

/** A repository of a scripted registry. */
export interface ScriptedRepository extends ScriptedServer {
  readonly repository: RegistryRepository
  /** What the client would have waited, in milliseconds. */
  readonly waits: readonly number[]
}

/** Starts a registry that does what `script` says, and a client that does not wait. */
export async function against(
  script: Script,
  options: RegistryClientOptions = {},
): Promise<ScriptedRepository> {
  const server = await startScriptedServer(script)
  const waits: number[] = []
  const client = createRegistryClient({
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted()
      waits.push(milliseconds)
    },
    random: () => 1,
    ...options,
  })
  return {
    ...server,
    waits,
    repository: client.repository({ registry: server.host, repository: 'team/app' }),
    async [Symbol.asyncDispose]() {
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}
