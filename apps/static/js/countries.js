// The countries in the reader's language, in its order. Every browser has their names, so that ToGo needs no list of them.

const countries = document.getElementById("country");
const names = new Intl.DisplayNames([document.documentElement.lang], { type: "region", fallback: "none" });
const { compare } = new Intl.Collator(document.documentElement.lang);

const [first, ...others] = countries.options;
for (const one of others) one.text = names.of(one.value) ?? one.text;
const chosen = countries.value;
countries.replaceChildren(first, ...others.sort((one, other) => compare(one.text, other.text)));
countries.value = chosen;
countries.removeAttribute("lang");
