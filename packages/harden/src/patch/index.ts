export type { MirrorReader, MirrorReadOptions } from './mirror/mirror-reader.ts'
export { folderMirror } from './mirror/folder-mirror.ts'
export { httpMirror, type HttpMirrorOptions } from './mirror/http-mirror.ts'
export { patchImage, type PatchImageOptions } from './patch-image.ts'
export type {
  FindingPatch,
  PackagePatch,
  PatchProgress,
  PatchReport,
  PatchResult,
  PatchState,
  SourceUse,
} from './patch-report.ts'
export type { ApkSource, DebSource, LastSeen, PatchSource } from './patch-source.ts'
