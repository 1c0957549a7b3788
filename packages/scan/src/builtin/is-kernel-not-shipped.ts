import type { Package } from '@sallyport/inventory'

const kernelSource =
  /^(?:linux|kernel|linux-(?:signed|meta|hwe|aws|azure|gcp|gke|oracle|raspi|kvm|lowlatency|lts|virt|\d)(?:[-.].*)?|kernel-(?:rt|uek|default|lts|headers))$/
const kernelItself =
  /^(?:linux-(?:image|modules|lts|virt)\b.*|kernel|kernel-(?:core|modules|rt|uek|default|debug|lt|ml)(?:-(?!devel|headers|doc).*)?)$/

/**
 * Whether a package is built from the source of the kernel without holding one: headers, tools, documentation. The
 * kernel's vulnerabilities are listed for it all the same, and say little about it.
 */
export function isKernelNotShipped({ type, name, source }: Package): boolean {
  if (type !== 'deb' && type !== 'apk' && type !== 'rpm') return false
  return kernelSource.test(source?.name ?? name) && !kernelItself.test(name)
}
