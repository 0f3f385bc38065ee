import { mount } from 'svelte';
import App from './App.svelte';
import { takeToken } from './token.ts';

mount(App, {
  target: document.getElementById('app')!,
  props: { token: takeToken(window.location, window.history) },
});
