/** A library that another one loads for some of its functions alone. */
interface OptionalLibrary {
  readonly library: RegExp
  readonly loads: readonly string[]
  readonly functions: readonly string[]
}

const optional: readonly OptionalLibrary[] = [
  // Only these compile a policy for the kernel; init calls them where it runs the machine.
  {
    library: /^libselinux\.so\.\d+$/,
    loads: ['libsepol.so.1', 'libsepol.so.2'],
    functions: ['selinux_init_load_policy', 'selinux_mkload_policy'],
  },
]

/**
 * Names of libraries that a program or library may load, by those it was seen to name: what its own library loads for
 * some functions counts for the programs that name one of them, in place of that library.
 */
export function loadedLibraries(
  bytes: Buffer,
  { soname = '', needed }: { readonly soname?: string | undefined; readonly needed: readonly string[] },
  named: readonly string[],
): readonly string[] {
  let libraries = named
  for (const { library, loads, functions } of optional) {
    if (library.test(soname)) libraries = libraries.filter((name) => !loads.includes(name))
    else if (
      [...needed, ...named].some((name) => library.test(name)) &&
      functions.some((name) => bytes.includes(name))
    )
      libraries = [...libraries, ...loads]
  }
  return libraries
}
