import type { Distro, Package } from '@sallyport/inventory'

/** Words in the `Vendor` of rpm packages that a distribution builds itself. */
const vendors: Readonly<Record<string, RegExp>> = {
  rhel: /^Red Hat\b/i,
  centos: /^CentOS\b/i,
  almalinux: /^AlmaLinux\b/i,
  rocky: /^Rocky\b/i,
  ol: /^Oracle\b/i,
  amzn: /^Amazon\b/i,
  photon: /^(?:VMware|Broadcom)\b/i,
  'opensuse-leap': /^(?:openSUSE|SUSE)\b/i,
  'opensuse-tumbleweed': /^(?:openSUSE|SUSE)\b/i,
  sles: /^SUSE\b/i,
}

/**
 * The maker of a package that is not the distribution (EPEL, Remi, a company's own), whose versions the distribution's
 * advisories are not about; `undefined` when it is the distribution's, or nothing says otherwise.
 */
export function foreignVendor({ rpm }: Package, distro: Distro | undefined): string | undefined {
  const vendor = rpm?.vendor?.trim()
  if (vendor === undefined || vendor === '' || distro === undefined) return undefined
  const own = Object.hasOwn(vendors, distro.id) ? vendors[distro.id] : undefined
  return own === undefined || own.test(vendor) ? undefined : vendor.slice(0, 80)
}
