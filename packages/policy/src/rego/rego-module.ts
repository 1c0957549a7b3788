import { createHash } from 'node:crypto'
import type { Digest } from '@sallyport/core'
import { PolicyError } from '../errors.ts'
import { instantiateRego, type RegoInstance, webAssembly } from './web-assembly.ts'

const pageBytes = 65_536
const maxModuleBytes = 16 * 1024 * 1024

/** What modules may ask the host for: pure, and linear in what they are given. */
const allowedBuiltins: ReadonlySet<string> = new Set(['sprintf', 'json.is_valid'])

const allowedImports: ReadonlySet<string> = new Set([
  'memory',
  'opa_abort',
  'opa_println',
  ...[0, 1, 2, 3, 4].map((arity) => `opa_builtin${arity}`),
])

const requiredExports = ['opa_wasm_abi_version', 'opa_wasm_abi_minor_version', 'opa_eval', 'builtins']

/** A compiled policy in Rego. */
export interface RegoModule {
  /** Of the wasm. */
  readonly digest: Digest
  readonly entrypoints: readonly string[]
  /**
   * What an entrypoint gives for an input, JSON in UTF-8: the result set. Each evaluation has an instance and a memory of
   * its own, so that nothing of one image is seen by the next.
   *
   * @throws anything, when the module gives up or its memory is full.
   */
  readonly evaluate: (entrypoint: string, input: ArrayBuffer) => unknown
}

/**
 * Compiles wasm that `opa build -t wasm` made.
 *
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 16 MiB.
 * @throws {PolicyError} `POLICY_INVALID` when it is none, or needs what reaches out, is random or runs on a clock, such
 *   as `http.send`.
 */
export async function compileRegoModule(wasm: Uint8Array, maxMemoryBytes: number): Promise<RegoModule> {
  const digest: Digest = `sha256:${createHash('sha256').update(wasm).digest('hex')}`
  if (wasm.byteLength > maxModuleBytes)
    throw new PolicyError('LIMIT_EXCEEDED', `rego ${digest}: more than ${maxModuleBytes} bytes`)

  const instantiate = (module: object) =>
    instantiateRego(module, { initial: 8, maximum: Math.max(8, Math.floor(maxMemoryBytes / pageBytes)) })
  try {
    const module = await webAssembly.compile(new Uint8Array(wasm))
    const foreign = webAssembly.Module.imports(module).find(
      ({ module: from, name }) => from !== 'env' || !allowedImports.has(name),
    )
    if (foreign) throw new Error(`imports ${foreign.module}.${foreign.name}`)
    const exported = new Set(webAssembly.Module.exports(module).map(({ name }) => name))
    if (!requiredExports.every((name) => exported.has(name))) throw new Error('is no policy of OPA')
    const probe = instantiate(module)
    const needed = readBuiltins(probe)
    const refused = needed.filter((name) => !allowedBuiltins.has(name))
    if (refused.length > 0) throw new Error(`needs ${refused.join(', ')}, which rules may not use`)
    return {
      digest,
      entrypoints: Object.keys(probe.entrypoints).toSorted(),
      evaluate: (entrypoint, input) => instantiate(module).evaluate(input, entrypoint),
    }
  } catch (error) {
    throw new PolicyError('POLICY_INVALID', `rego ${digest}: ${describeThrown(error)}`)
  }
}

/** The library throws texts and plain objects too. */
export function describeThrown(error: unknown): string {
  const text =
    typeof error === 'string'
      ? error
      : String((error as { readonly message?: unknown } | undefined)?.message ?? 'gave up')
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

/** Names of the functions that a module wants from its host (OPA, "WebAssembly", ABI). */
function readBuiltins({ wasmInstance, mem }: RegoInstance): readonly string[] {
  const { builtins, opa_json_dump: dump } = wasmInstance.exports as Record<
    string,
    (address?: number) => number
  >
  if (!builtins || !dump) throw new Error('is no policy of OPA')
  const address = dump(builtins())
  const bytes = new Uint8Array(mem.buffer)
  const end = bytes.indexOf(0, address)
  return Object.keys(JSON.parse(new TextDecoder().decode(bytes.subarray(address, end))) as object).toSorted()
}
