import type { Descriptor } from '@sallyport/core'
import { OciError } from '../errors.ts'
import type { UploadKey, UploadState, UploadStateStore } from '../ports/upload-state-store.ts'
import type { RegistryContext } from './registry-context.ts'
import { askUpload, cancelUpload, isUploadLocation, type UploadSession } from './upload-session.ts'

/** The state of one upload in a store; without a store nothing is kept. */
export interface KeptUpload {
  readonly isKept: boolean
  /** The upload that an earlier process left, at the place that the registry names; `undefined` when it is gone. */
  resume(signal: AbortSignal | undefined): Promise<UploadSession | undefined>
  save(session: UploadSession): Promise<void>
  forget(): Promise<void>
}

/** Binds a store to one blob of a repository. */
export function keepUpload(
  context: RegistryContext,
  blob: Descriptor,
  store: UploadStateStore | undefined,
): KeptUpload {
  const { registry, repository } = context
  const key: UploadKey = { registry, repository, digest: blob.digest }
  let stored = false
  const forget = async (): Promise<void> => {
    if (stored) await store?.delete(key)
    stored = false
  }
  return {
    isKept: store !== undefined,
    forget,
    async save({ location, offset, minChunkBytes }) {
      stored = true
      await store?.save(key, { location: location.href, offset, minChunkBytes })
    },
    async resume(signal) {
      const state = await store?.load(key)
      if (state === undefined) return undefined
      stored = true
      const session = toSession(context, state)
      let offset: number | undefined
      try {
        offset = session && (await askUpload(context, session, signal))
      } catch (error) {
        if (!(error instanceof OciError) || (error.status ?? 0) < 500) throw error
        // Some registries fail over an upload that they lost. One that is unwell won't let a new one replace the state.
        return undefined
      }
      if (session !== undefined && offset !== undefined && offset <= blob.size) {
        return { ...session, offset, resumed: offset > 0 }
      }
      if (session !== undefined && offset !== undefined) await cancelUpload(context, session)
      await forget()
      return undefined
    },
  }
}

function toSession(
  context: RegistryContext,
  { location, minChunkBytes }: UploadState,
): UploadSession | undefined {
  const url = URL.canParse(location) ? new URL(location) : undefined
  if (url === undefined || !isUploadLocation(context, url)) return undefined
  return { location: url, minChunkBytes, offset: 0, resumed: false }
}
