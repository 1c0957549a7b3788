/** Whether a purl names an image and not a package in one. */
export function isImagePurl(purl: string | undefined): boolean {
  return purl !== undefined && /^pkg:(?:oci|docker)\//i.test(purl)
}
