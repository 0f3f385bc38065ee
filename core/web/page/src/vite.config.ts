import { createHash } from 'node:crypto';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { stamp } from './stamp.ts';

const here = import.meta.dirname;

export default defineConfig({
  root: here,
  base: '/',
  publicDir: false,
  plugins: [
    svelte({
      configFile: false,
      compilerOptions: {
        runes: true,
        discloseVersion: false,
        // Build nodes with createElement: no innerHTML, so that the page can ask for Trusted Types.
        fragments: 'tree',
        // Class names from the styles alone: the same build in every folder.
        cssHash: ({ css }) => 's' + createHash('sha256').update(css).digest('hex').slice(0, 8),
      },
    }),
    stamp(here),
  ],
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // nothing inline: the content security policy has no data: and no hashes
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['activation.html', 'invite.html', 'letters.html', 'plugins.html', 'sink.html', 'problem.html'].map((name) => `${here}/${name}`),
    },
  },
});
