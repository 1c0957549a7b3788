/** Largest package database that is read, in bytes. */
export const maxDatabaseBytes: number = 64 * 1024 * 1024
/** Largest list of files of one package that is read, in bytes. */
export const maxFileListBytes: number = 16 * 1024 * 1024
/** Largest manifest of one package that is read, in bytes. */
export const maxMetadataBytes: number = 4 * 1024 * 1024
/** Largest release file (os-release and the like) that is read, in bytes. */
export const maxReleaseBytes: number = 64 * 1024
/** Deepest nesting of JSON that is read. */
export const maxJsonDepth: number = 200
/** Most packages of one image. */
export const maxPackages: number = 200_000
/** Most gaps that are told one by one. */
export const maxGaps: number = 1_000
/** Most bytes that are read of a file's content at once. */
export const maxReadBytes: number = 64 * 1024 * 1024
/** Largest file that is examined, in bytes. */
export const maxExaminedBytes: number = 4 * 1024 * 1024 * 1024
/** Largest file that is held in memory for examination; a larger one goes through a temporary file. */
export const maxMemoryFileBytes: number = 4 * 1024 * 1024
/** Bytes of files that wait for their examination, and how many there may be, before the layer has to wait. */
export const maxBufferedBytes: number = 16 * 1024 * 1024
export const maxBufferedFiles: number = 64
/** Most bytes of selected files that are kept of one layer, and of all layers of an image. */
export const maxKeptLayerBytes: number = 256 * 1024 * 1024
export const maxKeptImageBytes: number = 512 * 1024 * 1024
/** Most bytes of the facts of one layer in a cache, uncompressed. */
export const maxCachedBytes: number = 1024 * 1024 * 1024
