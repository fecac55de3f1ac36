//! Derives and attributes for the API of projects: `Config`, `Outputs`, `plan_fn`.
//!
//! Layer: L1, model. The doc comments of the traits in `config` and `plan` say what the generated code does.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::{
    Attribute, Data, DeriveInput, Expr, Fields, FnArg, ItemFn, LitStr, Pat, ReturnType, parse_macro_input,
    spanned::Spanned,
};

/// Derives `config::FromNode`.
///
/// On a struct: `#[config(default)]`, `#[config(default = EXPR)]`, `#[config(key = "name")]` on fields;
/// `#[config(check = FUNCTION)]` on the struct names a `fn(&Self) -> Vec<(&'static str, String)>` that gives problems
/// by field; `#[config(env = "PREFIX")]` lets variables `PREFIX_FIELD` override keys. On an enum of unit variants:
/// texts in kebab case, or `#[config(key = "text")]`.
#[proc_macro_derive(Config, attributes(config))]
pub fn derive_config(input: TokenStream) -> TokenStream {
    expand(parse_macro_input!(input as DeriveInput), config)
}

/// Derives `plan::OutputTree`, for both sides of a reference; with `#[outputs(project = "dotted.name")]` also
/// `plan::StackOutputs`, the root of what a stack exports. `#[outputs(key = "name")]` on a field gives it another key,
/// `#[outputs(flatten)]` puts its leaves beside the others. The struct may be generic over trees.
#[proc_macro_derive(Outputs, attributes(outputs))]
pub fn derive_outputs(input: TokenStream) -> TokenStream {
    expand(parse_macro_input!(input as DeriveInput), outputs)
}

/// Makes a pure function of known values usable in expressions.
///
/// The function then takes `impl plan::Arg<T>` and gives `plan::Output<R>`; a constant of the same name in capitals
/// is what `Project::functions` takes. It must not read anything but its arguments.
#[proc_macro_attribute]
pub fn plan_fn(_: TokenStream, item: TokenStream) -> TokenStream {
    let function = parse_macro_input!(item as ItemFn);
    function_tokens(&function).unwrap_or_else(|error| error.to_compile_error()).into()
}

fn expand(input: DeriveInput, derive: fn(&DeriveInput) -> syn::Result<Tokens>) -> TokenStream {
    derive(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

#[derive(Default)]
struct Options {
    default: Option<Option<Expr>>,
    key: Option<String>,
    check: Option<syn::Path>,
    env: Option<String>,
    project: Option<String>,
    flatten: bool,
}

fn options(attributes: &[Attribute], name: &str) -> syn::Result<Options> {
    let mut options = Options::default();
    for attribute in attributes.iter().filter(|a| a.path().is_ident(name)) {
        attribute.parse_nested_meta(|meta| {
            let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            match word.as_str() {
                "default" if meta.input.peek(syn::Token![=]) => options.default = Some(Some(meta.value()?.parse()?)),
                "default" => options.default = Some(None),
                "key" => options.key = Some(meta.value()?.parse::<LitStr>()?.value()),
                "check" => options.check = Some(meta.value()?.parse()?),
                "env" => options.env = Some(meta.value()?.parse::<LitStr>()?.value()),
                "flatten" => options.flatten = true,
                "project" => options.project = Some(meta.value()?.parse::<LitStr>()?.value()),
                _ => return Err(meta.error("unknown option")),
            }
            Ok(())
        })?;
    }
    Ok(options)
}

fn config(input: &DeriveInput) -> syn::Result<Tokens> {
    let name = &input.ident;
    let whole = options(&input.attrs, "config")?;
    let body = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                let mut names = Vec::new();
                let mut reads = Vec::new();
                let mut idents = Vec::new();
                let mut shapes = Vec::new();
                for field in &fields.named {
                    let Some(ident) = &field.ident else { continue };
                    let own = options(&field.attrs, "config")?;
                    let key = own.key.unwrap_or_else(|| ident.to_string());
                    let (ty, description) = (&field.ty, documentation(&field.attrs));
                    let required = match own.default {
                        None => quote!(<#ty as ::plan::config::FromNode>::missing().is_none()),
                        Some(_) => quote!(false),
                    };
                    shapes.push(quote! {
                        ::plan::config::Field {
                            name: #key,
                            description: #description,
                            shape: <#ty as ::plan::config::FromNode>::shape(),
                            required: #required,
                        }
                    });
                    reads.push(match own.default {
                        None => quote!(let #ident = fields.field(#key, found);),
                        Some(None) => quote!(let #ident = fields.field_or(#key, || Some(Default::default()), found);),
                        Some(Some(value)) => quote!(let #ident = fields.field_or(#key, || Some(#value), found);),
                    });
                    names.push(key);
                    idents.push(ident.clone());
                }
                let check = whole.check.map(|path| {
                    quote! {
                        let problems = #path(&value);
                        if !problems.is_empty() {
                            for (field, message) in problems {
                                fields.invalid(field, message, found);
                            }
                            return None;
                        }
                    }
                });
                let variables = whole.env.map(|prefix| {
                    let pairs = names.iter().map(|key| {
                        let variable = format!("{prefix}_{}", key.to_uppercase());
                        quote!((#variable.to_owned(), #key))
                    });
                    quote! {
                        fn variables() -> Vec<(String, &'static str)> {
                            vec![#(#pairs),*]
                        }
                    }
                });
                quote! {
                    fn from_node(node: &::plan::config::Node, found: &mut ::plan::diag::Diagnostics) -> Option<Self> {
                        let mut fields = ::plan::config::Fields::of(node, &[#(#names),*], found)?;
                        #(#reads)*
                        let value = Self { #(#idents: #idents?),* };
                        #check
                        Some(value)
                    }

                    fn shape() -> ::plan::config::Shape {
                        ::plan::config::Shape::Table(vec![#(#shapes),*])
                    }
                    #variables
                }
            }
            other => return Err(syn::Error::new(other.span(), "`Config` needs named fields")),
        },
        Data::Enum(data) => {
            let mut pairs = Vec::new();
            let mut texts = Vec::new();
            for variant in &data.variants {
                let own = options(&variant.attrs, "config")?;
                let ident = &variant.ident;
                let text = own.key.unwrap_or_else(|| kebab(&ident.to_string()));
                pairs.push(quote!((#text, Self::#ident)));
                texts.push(text);
            }
            quote! {
                fn from_node(node: &::plan::config::Node, found: &mut ::plan::diag::Diagnostics) -> Option<Self> {
                    ::plan::config::enum_from_node(node, &[#(#pairs),*], found)
                }

                fn shape() -> ::plan::config::Shape {
                    ::plan::config::Shape::Choice(vec![#(#texts),*])
                }
            }
        }
        Data::Union(_) => return Err(syn::Error::new(input.span(), "`Config` is for structs and enums")),
    };
    Ok(quote! {
        impl ::plan::config::FromNode for #name {
            #body
        }
    })
}

/// The doc comment of a field, on one line.
fn documentation(attributes: &[Attribute]) -> String {
    let lines =
        attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| match &attribute
            .meta
            .require_name_value()
            .ok()?
            .value
        {
            Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        });
    lines.collect::<Vec<_>>().join(" ")
}

fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn outputs(input: &DeriveInput) -> syn::Result<Tokens> {
    let name = &input.ident;
    let whole = options(&input.attrs, "outputs")?;
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(input.span(), "`Outputs` is for structs"));
    };
    let mut paths = Vec::new();
    let mut idents = Vec::new();
    for field in &data.fields {
        let Some(ident) = &field.ident else {
            return Err(syn::Error::new(field.span(), "`Outputs` needs named fields"));
        };
        let own = options(&field.attrs, "outputs")?;
        let key = own.key.unwrap_or_else(|| ident.to_string().trim_start_matches("r#").to_owned());
        paths.push(if own.flatten { quote!(at) } else { quote!(&at.child(#key)) });
        idents.push(ident.clone());
    }
    let mut generics = input.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(syn::parse_quote!(::plan::OutputTree));
    }
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let root = whole.project.map(|project| {
        quote! {
            impl #impl_generics ::plan::StackOutputs for #name #type_generics #where_clause {
                const PROJECT: &'static str = #project;
            }
        }
    });
    Ok(quote! {
        impl #impl_generics ::plan::OutputTree for #name #type_generics #where_clause {
            fn reference(stack: &str, at: &::plan::value::Path) -> Self {
                Self { #(#idents: ::plan::OutputTree::reference(stack, #paths)),* }
            }

            fn collect(&self, at: &::plan::value::Path, leaves: &mut ::plan::Leaves) {
                #(::plan::OutputTree::collect(&self.#idents, #paths, leaves);)*
            }
        }
        #root
    })
}

fn function_tokens(function: &ItemFn) -> syn::Result<Tokens> {
    let visibility = &function.vis;
    let name = &function.sig.ident;
    let constant = format_ident!("{}", name.to_string().to_uppercase());
    let inner = format_ident!("__{}", name);
    let docs = function.attrs.iter().filter(|a| a.path().is_ident("doc"));
    let inputs = &function.sig.inputs;
    let block = &function.block;
    let ReturnType::Type(_, result) = &function.sig.output else {
        return Err(syn::Error::new(function.sig.span(), "`plan_fn` needs a result"));
    };
    let mut idents = Vec::new();
    let mut types = Vec::new();
    for input in inputs {
        let FnArg::Typed(typed) = input else { return Err(syn::Error::new(input.span(), "`plan_fn` has no `self`")) };
        let Pat::Ident(pattern) = &*typed.pat else {
            return Err(syn::Error::new(typed.pat.span(), "`plan_fn` takes plain names"));
        };
        idents.push(pattern.ident.clone());
        types.push(&*typed.ty);
    }
    let path = quote!(concat!(module_path!(), "::", stringify!(#name)));
    let count = idents.len();
    let positions = 0..count;
    Ok(quote! {
        #(#docs)*
        #visibility fn #name(#(#idents: impl ::plan::Arg<#types>),*) -> ::plan::Output<#result> {
            ::plan::function(#path, vec![#(::plan::Arg::into_expr(#idents)),*])
        }

        /// The function as `Project::functions` takes it.
        #visibility const #constant: ::plan::PlanFunction = ::plan::PlanFunction {
            name: #path,
            call: |args| {
                fn #inner(#inputs) -> #result #block
                if args.len() != #count {
                    return Err(format!("takes {} arguments, not {}", #count, args.len()));
                }
                Ok(::plan::IntoValue::into_value(#inner(#(::plan::argument::<#types>(args, #positions)?),*)))
            },
        };
    })
}
