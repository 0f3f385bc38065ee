import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Writes dist/source.sha256, by which a Go test sees, without Node, that the sources changed after the build. */
export function stamp(root: string): Plugin {
  let out = '';
  return {
    name: 'usher:stamp',
    apply: 'build',
    configResolved(config) {
      out = join(root, config.build.outDir);
    },
    closeBundle() {
      writeFileSync(join(out, 'source.sha256'), digest(root) + '\n');
    },
  };
}

/** One SHA-256 over "<sha256>  <path>\n" of each source file, sorted by path. */
function digest(root: string): string {
  const sum = createHash('sha256');
  for (const path of files(root).sort()) {
    const own = createHash('sha256').update(readFileSync(join(root, path))).digest('hex');
    sum.update(`${own}  ${path}\n`);
  }
  return sum.digest('hex');
}

function files(root: string, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules')
    .flatMap((entry) => {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      return entry.isDirectory() ? files(root, path) : [path];
    });
}
