const key = 'usher.operator-name';

/** What this tab calls its operator. */
export const keptName = () => sessionStorage.getItem(key) ?? '';

export const keepName = (name: string) => sessionStorage.setItem(key, name);
