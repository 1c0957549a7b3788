/** How a place of an image is written where one is read. */
export const sourceForms =
  'registry/repository:tag, oci:folder:tag, oci-archive:file:tag or docker-archive:file'

/** Where one is written: what `docker load` reads has to be called something. */
export const targetForms = `${sourceForms}:name:tag`

/** Where a gate writes, or evidence is attached: an archive is written once, as a whole. */
export const storeForms = 'registry/repository:tag, or oci:folder:tag'
