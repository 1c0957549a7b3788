/**
 * The name and version that the file name of a source package tells: `bash-5.1.8-9.el9.src.rpm`. It holds no epoch;
 * only a package of the very same version surely shares its own.
 */
export function parseSourceRpm(
  fileName: string | undefined,
  binary: { readonly epoch?: number | undefined; readonly version: string; readonly release: string },
): { readonly name: string; readonly version: string } | undefined {
  const match = /^([^\s/]{1,255})-([^\s/-]{1,255})-([^\s/-]{1,255})\.(?:no)?src\.rpm$/.exec(fileName ?? '')
  if (!match) return undefined
  const [, name, version, release] = match
  const same = version === binary.version && release === binary.release
  return {
    name: name!,
    version: toEvr({ epoch: same ? binary.epoch : undefined, version: version!, release: release! }),
  }
}

/** `[epoch:]version-release`, as rpm prints it. */
export function toEvr({
  epoch,
  version,
  release,
}: {
  readonly epoch?: number | undefined
  readonly version: string
  readonly release: string
}): string {
  return `${epoch === undefined ? '' : `${epoch}:`}${version}-${release}`
}
