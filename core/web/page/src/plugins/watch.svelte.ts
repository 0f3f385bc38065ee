import * as api from './api.ts';
import { evidenceOf } from './trials.ts';

const beat = 1000; // milliseconds between two looks at the rollout
const seldom = 15_000; // and at what changes with it, when it did not change

/** What the page knows of the host. It looks every second while somebody looks at it, and keeps the last answers. */
export class Watch {
  rollout = $state.raw<api.Rollout>();
  releases = $state.raw<api.Release[]>([]);
  versions = $state.raw<api.Version[]>([]);
  evidence = $state(''); // of the release that serves
  heard = $state(0); // when the host answered last
  trouble = $state(''); // why it did not since
  now = $state(Date.now());

  #token: string;
  #onrefused: (says: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking = false;
  #ended = false;
  #read = ''; // which state of the ledger the releases and versions are of
  #readAt = 0;

  constructor(token: string, onrefused: (says: string) => void) {
    this.#token = token;
    this.#onrefused = onrefused;
    document.addEventListener('visibilitychange', this.#seen);
    void this.look();
  }

  end() {
    this.#ended = true;
    clearTimeout(this.#timer);
    document.removeEventListener('visibilitychange', this.#seen);
  }

  #seen = () => {
    clearTimeout(this.#timer);
    if (!document.hidden) void this.look();
  };

  /** Asks the host now, unless it is being asked. */
  async look() {
    if (this.#looking || this.#ended) return;
    this.#looking = true;
    clearTimeout(this.#timer);
    const trouble = await this.#readAll();
    this.now = Date.now();
    this.trouble = trouble;
    if (!trouble) this.heard = this.now;
    this.#looking = false;
    if (!document.hidden && !this.#ended) this.#timer = setTimeout(() => void this.look(), beat);
  }

  async #readAll(): Promise<string> {
    const at = await api.rollout(this.#token);
    if (!at.ok) return this.#fail(at);
    this.rollout = at.value;
    const { newest, serving, preparing } = at.value;
    const state = [newest, serving.number, preparing?.number].join();
    if (state === this.#read && Date.now() - this.#readAt < seldom) return '';
    const [releases, versions, own] = await Promise.all([
      api.releases(this.#token),
      api.versions(this.#token),
      serving.automatic ? api.release(this.#token, serving.number) : undefined,
    ]);
    if (!releases.ok) return this.#fail(releases);
    if (!versions.ok) return this.#fail(versions);
    this.releases = releases.value.data;
    this.versions = versions.value.data;
    this.evidence = own?.ok ? evidenceOf(own.value) : '';
    this.#read = state;
    this.#readAt = Date.now();
    return '';
  }

  #fail({ status, says }: { status: number; says: string }): string {
    if ((status === 401 || status === 403) && !this.#ended) this.#onrefused(says);
    return says;
  }
}
