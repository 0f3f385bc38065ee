import { mount } from 'svelte';
import './plugins.css';
import App from './App.svelte';

mount(App, { target: document.getElementById('app')! });
