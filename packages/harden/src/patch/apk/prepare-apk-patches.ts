import { emptyEdit } from '../package-edit.ts'
import type { ApkSource } from '../patch-source.ts'
import type { PreparedPatches, PrepareOptions } from '../prepared-patches.ts'

export function prepareApkPatches(_s: readonly ApkSource[], _o: PrepareOptions): Promise<PreparedPatches> {
  return Promise.resolve({ outcomes: new Map(), edit: emptyEdit(), sources: [], seen: {} })
}
