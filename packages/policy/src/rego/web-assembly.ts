import * as opa from '@open-policy-agent/opa-wasm'

/** The part of the WebAssembly interface that is used here; the types of Node have none. */
interface WebAssemblyInterface {
  compile(bytes: Uint8Array): Promise<object>
  readonly Module: {
    imports(module: object): readonly { readonly module: string; readonly name: string }[]
    exports(module: object): readonly { readonly name: string }[]
  }
}

/** A module of OPA with a memory of its own. */
export interface RegoInstance {
  readonly wasmInstance: { readonly exports: Readonly<Record<string, unknown>> }
  readonly mem: { readonly buffer: ArrayBuffer }
  readonly entrypoints: Readonly<Record<string, number>>
  evaluate(input: ArrayBuffer, entrypoint: string): unknown
}

export const webAssembly: WebAssemblyInterface = (
  globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }
).WebAssembly

/** Memory is counted in pages of 64 KiB. Its types name this function, its ES module has it in `default` only. */
export const instantiateRego: (
  module: object,
  memory: { readonly initial: number; readonly maximum: number },
) => RegoInstance = (
  opa as unknown as { readonly default: { readonly loadPolicySync: typeof instantiateRego } }
).default.loadPolicySync
