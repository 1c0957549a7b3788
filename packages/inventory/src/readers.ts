import { apkReader } from './apk/read-apk.ts'
import { condaReader } from './conda/read-conda.ts'
import { dpkgReader } from './dpkg/read-dpkg.ts'
import { dotnetReader } from './dotnet/read-dotnet.ts'
import { javaReader } from './java/read-java.ts'
import { npmReader } from './npm/read-npm.ts'
import { plugNPlayReader } from './npm/read-plug-n-play.ts'
import { phpReader } from './php/read-php.ts'
import { programReader } from './program/read-programs.ts'
import { pythonReader } from './python/read-python.ts'
import { rpmReader } from './rpm/read-rpm.ts'
import { rubyReader } from './ruby/read-ruby.ts'
import type { PackageReader } from './reader.ts'

/** They go to certain places, through whatever links. */
const systemReaders: readonly PackageReader[] = [dpkgReader, apkReader, rpmReader]

/** They know files by their names, wherever they lie. */
export const namedFileReaders: readonly PackageReader[] = [
  npmReader,
  pythonReader,
  plugNPlayReader,
  condaReader,
  rubyReader,
  phpReader,
  dotnetReader,
  programReader,
  javaReader,
]

/** All that look for packages. They are loaded when an inventory is taken: most of this package's code is theirs. */
export const readers: readonly PackageReader[] = [...systemReaders, ...namedFileReaders]
