// Injected into the page: finds things as assistive technology does, by role and name.

window.__find = (role, name, nth) => {
  axe.setup(document.documentElement);
  try {
    const wanted = name === null ? () => true : name.regex
      ? ((pattern) => (text) => pattern.test(text))(new RegExp(name.regex, name.flags))
      : (text) => text === name.text;
    // What lies behind a modal dialog can't be reached.
    const root = [...document.querySelectorAll("dialog:modal")].at(-1) ?? document.documentElement;
    const found = [root, ...root.querySelectorAll("*")].filter((element) => {
      if (axe.commons.aria.getRole(element) !== role) return false;
      if (!axe.commons.dom.isVisibleToScreenReaders(element)) return false;
      return wanted(axe.commons.text.accessibleText(element).replace(/\s+/g, " ").trim());
    });
    return nth === null ? found : found[nth] ?? null;
  } finally {
    axe.teardown();
  }
};

// What has focus, as `role "name"`.
window.__focus = () => {
  const element = document.activeElement;
  if (!element || element === document.body) return "page";
  axe.setup(document.documentElement);
  try {
    const name = axe.commons.text.accessibleText(element).replace(/\s+/g, " ").trim();
    return `${axe.commons.aria.getRole(element) ?? element.localName} "${name}"`;
  } finally {
    axe.teardown();
  }
};
