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
/** Largest rpm database that is examined, in bytes. */
export const maxRpmDatabaseBytes: number = 512 * 1024 * 1024
/** Largest header of one rpm package, in bytes; real ones of 60,000 files have 20 MiB. */
export const maxRpmHeaderBytes: number = 64 * 1024 * 1024
/** Longest text that the file names and capabilities of one rpm database may make, in UTF-16 units. */
export const maxRpmTextLength: number = 128 * 1024 * 1024
/** Most packages with a fault that one rpm database is told of. */
export const maxRpmProblems: number = 100
/** Most elements of one list in an rpm header: files, capabilities. */
export const maxRpmElements: number = 1_000_000
/** Most entries of an archive that are looked at. */
export const maxArchiveEntries: number = 100_000
/** Most dependencies of one package that are looked up. */
export const maxDependencies: number = 2_000
/** Most bytes that are read of a file's content at once. */
export const maxReadBytes: number = 64 * 1024 * 1024
/** Largest file that is examined, in bytes. */
export const maxExaminedBytes: number = 4 * 1024 * 1024 * 1024
/** Largest file that is held in memory for examination; a larger one goes through a temporary file. */
export const maxMemoryFileBytes: number = 4 * 1024 * 1024
/** Bytes of files that wait for their examination, and how many there may be, before the layer has to wait. */
export const maxBufferedBytes: number = 16 * 1024 * 1024
export const maxBufferedFiles: number = 64
/** Most characters of what examiners find in one layer, as JSON. */
export const maxFoundLayerLength: number = 256 * 1024 * 1024
/** Most bytes of selected files that are kept of one layer; of all layers of an image, with what examiners find. */
export const maxKeptLayerBytes: number = 256 * 1024 * 1024
export const maxKeptImageBytes: number = 512 * 1024 * 1024
/** Most bytes of the facts of one layer in a cache, uncompressed. */
export const maxCachedBytes: number = 1024 * 1024 * 1024
/** Largest SBOM that is read, in bytes. */
export const maxSbomBytes: number = 256 * 1024 * 1024
/** Most packages of one SBOM. */
export const maxSbomPackages: number = 500_000
/** Most warnings about one SBOM that are told one by one. */
export const maxSbomWarnings: number = 1_000
/** Most files in folders that links lead to by another name. */
export const maxLinkedFiles: number = 1_000_000
