import type { Link } from './api.ts';

/** What the form asks for one link. */
export interface Questions {
  name: boolean;
  password: 'none' | 'current' | 'new' | 'new-optional';
  /**
   * A tick by hand, asked when nothing has to be typed. Mail scanners open links
   * and press the only button there is; a labelled check box stops them, and is
   * the same for a finger, a keyboard and a screen reader. Holding a button is not.
   */
  confirm: boolean;
}

export function questionsOf(link: Link): Questions {
  const fields = link.fields ?? [];
  const name = fields.length ? fields.includes('display_name') : !link.account_exists;
  const password = passwordOf(link, fields);
  const typed = name || password === 'current' || password === 'new';
  return { name, password, confirm: !typed };
}

function passwordOf(link: Link, fields: string[]): Questions['password'] {
  const fresh = !link.account_exists || link.purpose === 'password_reset';
  if (link.password_required) return fresh ? 'new' : 'current';
  return fresh && fields.includes('password') ? 'new-optional' : 'none';
}
